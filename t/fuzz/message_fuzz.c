
/*
 * Copyright (C) the nginx RTSP module authors
 */


/*
 * Feeds bytes to the message parser twice: in one piece, and cut into pieces
 * whose sizes come from the input itself.  Both must give the same messages,
 * ending at the same bytes.  The first byte of the input says whether the
 * parser trusts its peer from the start, the second how it is cut.
 */


#include "../unit/message_log.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static size_t
message_fuzz_whole(void *data, size_t left)
{
    return left;
}


/* sizes of 1 to 64 from a generator, most of them small */

static size_t
message_fuzz_cut(void *data, size_t left)
{
    size_t     n;
    uint32_t  *state = data;

    *state = *state * 1664525 + 1013904223;
    n = 1 + ((*state >> 16) & 0x3f) % (1 + ((*state >> 24) & 0x3f));

    return ngx_min(n, left);
}


static void
message_fuzz_fail(const char *what, message_log_t *a, message_log_t *b)
{
    unit_show(what, a->text, a->len);
    unit_show("against", b->text, b->len);
    abort();
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint32_t       state;
    ngx_uint_t     trusted;
    message_log_t  whole, parts;

    if (size < 2) {
        return 0;
    }

    trusted = data[0] & 1;
    state = data[1];

    message_log_run(&whole, data + 2, size - 2, trusted, message_fuzz_whole,
                    NULL);
    message_log_run(&parts, data + 2, size - 2, trusted, message_fuzz_cut,
                    &state);

    if (whole.len != parts.len
        || memcmp(whole.text, parts.text, whole.len) != 0)
    {
        message_fuzz_fail("whole", &whole, &parts);
    }

    if (whole.len >= 8
        && memcmp(whole.text + whole.len - 8, "unsound\n", 8) == 0)
    {
        message_fuzz_fail("unsound", &whole, &parts);
    }

    free(whole.text);
    free(parts.text);

    return 0;
}
