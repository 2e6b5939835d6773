
/*
 * Copyright (C) the nginx RTSP module authors
 */


#ifndef _NGX_RTSP_VARIABLES_H_INCLUDED_
#define _NGX_RTSP_VARIABLES_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_stream.h>


/* adds $rtsp_... to stream{}; NGX_ERROR was logged */
ngx_int_t ngx_rtsp_variables_add(ngx_conf_t *cf);


#endif /* _NGX_RTSP_VARIABLES_H_INCLUDED_ */
