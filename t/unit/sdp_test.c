
/*
 * Copyright (C) the nginx RTSP module authors
 */


#include "unit.h"

#include "ngx_rtsp_sdp.h"


/*
 * SDP read and written.  The corpus holds what real devices are known to
 * send, each case named after its device, with what we have to make of it:
 *
 *     <name> | <type> <pt>:<encoding>/<clock>/<channels>,... <flags> | ...
 */


typedef struct {
    const char  *name;
    const char  *text;
    const char  *want;
} unit_sdp_t;


#define VIDEO  "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
#define READ_VIDEO  "video 96:H264/90000"


static const unit_sdp_t  corpus[] = {

    { "base",
      "v=0\r\n"
      "o=- 0 0 IN IP4 127.0.0.1\r\n"
      "s=Stream\r\n"
      "c=IN IP4 0.0.0.0\r\n"
      "t=0 0\r\n"
      "m=video 0 RTP/AVP 96\r\n"
      "a=rtpmap:96 H264/90000\r\n"
      "a=fmtp:96 packetization-mode=1\r\n"
      "a=control:trackID=0\r\n"
      "m=audio 0 RTP/AVP 97\r\n"
      "a=rtpmap:97 mpeg4-generic/44100/2\r\n"
      "a=control:trackID=1\r\n",
      "Stream | video 96:H264/90000 mode=1 control=trackID=0"
      " | audio 97:mpeg4-generic/44100/2 control=trackID=1" },

    { "unix newlines",
      "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=Stream\nt=0 0\n"
      "m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\na=control:a\n",
      "Stream | " READ_VIDEO " control=a" },

    { "empty lines",
      "\r\nv=0\r\n\r\ns=Stream\r\n\r\n\r\n"
      "m=video 0 RTP/AVP 96\r\n\r\na=rtpmap:96 H264/90000\r\n\r\n",
      "Stream | " READ_VIDEO },

    { "carriage returns twice",
      "v=0\r\r\ns=Stream\r\r\nm=video 0 RTP/AVP 96\r\r\n"
      "a=rtpmap:96 H264/90000\r\r\n",
      "Stream | " READ_VIDEO },

    { "full",
      "v=0\r\n"
      "o=jdoe 2890844526 2890842807 IN IP4 10.47.16.5\r\n"
      "s=SDP Seminar\r\n"
      "i=A Seminar on the session description protocol\r\n"
      "u=http://www.example.com/seminars/sdp.pdf\r\n"
      "e=j.doe@example.com (Jane Doe)\r\n"
      "p=+1 617 555-6011\r\n"
      "c=IN IP4 224.2.17.12/127\r\n"
      "b=X-YZ:128\r\n"
      "b=AS:12345\r\n"
      "t=2873397496 2873404696\r\n"
      "t=3034423619 3042462419\r\n"
      "r=604800 3600 0 90000\r\n"
      "r=3d 2h 0 21h\r\n"
      "z=2882844526 -3600 2898848070 0\r\n"
      "k=prompt\r\n"
      "a=candidate:0 1 UDP 2113667327 203.0.113.1 54400 typ host\r\n"
      "a=recvonly\r\n"
      "m=audio 49170 RTP/AVP 0\r\n"
      "i=Vivamus a posuere nisl\r\n"
      "c=IN IP4 203.0.113.1\r\n"
      "b=X-YZ:128\r\n"
      "k=prompt\r\n"
      "a=sendrecv\r\n"
      "m=video 51372/2 RTP/AVP 99\r\n"
      "a=rtpmap:99 h263-1998/90000\r\n",
      "SDP Seminar | audio 0:PCMU/8000 sendrecv"
      " | video 99:h263-1998/90000" },

    { "unordered global attributes",
      "v=0\r\na=control:*\r\nt=0 0\r\nc=IN IP4 0.0.0.0\r\n"
      "a=range:npt=now-\r\ns=Stream\r\nb=AS:10\r\n"
      "o=- 1 1 IN IP4 127.0.0.1\r\ni=what\r\n" VIDEO,
      "Stream | " READ_VIDEO },

    { "no timing",
      "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=Stream\r\n" VIDEO,
      "Stream | " READ_VIDEO },

    { "no origin",
      "v=0\r\ns=SDP Descrption\r\ni=SDP Description\r\nt=0 0\r\n" VIDEO,
      "SDP Descrption | " READ_VIDEO },

    { "onvif specification",
      "v=0\r\n"
      "o= 2890842807 IN IP4 192.168.0.1\r\n"
      "s=RTSP Session with audiobackchannel\r\n"
      "m=video 0 RTP/AVP 26\r\n"
      "a=control:rtsp://192.168.0.1/video\r\n"
      "a=recvonly\r\n"
      "m=audio 0 RTP/AVP 0\r\n"
      "a=control:rtsp://192.168.0.1/audio\r\n"
      "a=recvonly\r\n"
      "m=audio 0 RTP/AVP 0\r\n"
      "a=control:rtsp://192.168.0.1/audioback\r\n"
      "a=rtpmap:0 PCMU/8000\r\n"
      "a=sendonly\r\n",
      "RTSP Session with audiobackchannel"
      " | video 26:JPEG/90000 control=rtsp://192.168.0.1/video recvonly"
      " | audio 0:PCMU/8000 control=rtsp://192.168.0.1/audio recvonly"
      " | audio 0:PCMU/8000 control=rtsp://192.168.0.1/audioback sendonly"
      " back" },

    { "LiveReporter",
      "v=0\r\no=-0 0 IN IP4 127.0.0.1\r\ns=No Name\r\n"
      "c=IN IP4 192.168.100.5\r\nt=0 0\r\na=tool:libavformat\r\n" VIDEO,
      "No Name | " READ_VIDEO },

    { "SONY SNC-WR630",
      "v=0\r\n"
      "o=RTSP Session 314 115 IN IP4 192.168.4.80\r\n"
      "s=SONY RTSP Server\r\n"
      "t=0 0\r\n"
      "a=range:npt=now-\r\n"
      "m=audio 0 RTP/AVP 14\r\n"
      "a=control:audiotrack\r\n"
      "a=rtpmap:14 mpeg4-generic/16000/1\r\n"
      "a=fmtp:14 streamtype=5;profile-level-id=15;mode=AAC-hbr;"
      "config=1408;sizeLength=13;indexLength=3;indexDeltaLength=3\r\n"
      "m=video 0 RTP/AVP 105\r\n"
      "a=control:videotrack\r\n"
      "a=rtpmap:105 h264/90000\r\n"
      "a=fmtp:105 packetization-mode=1\r\n",
      "SONY RTSP Server"
      " | audio 14:mpeg4-generic/16000/1 control=audiotrack"
      " | video 105:h264/90000 mode=1 control=videotrack" },

    { "RR bitrate of VLC",
      "v=0\r\no=- 38990265062388 38990265062388 IN IP4 192.168.1.142\r\n"
      "s=RTSP Server\r\nc=IN IP4 192.168.1.142\r\nt=0 0\r\n"
      "a=control:*\r\nm=video 0 RTP/AVP 96\r\nb=RR:0\r\n"
      "a=rtpmap:96 H264/90000\r\n",
      "RTSP Server | " READ_VIDEO },

    { "MP2T in the protocol",
      "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=x\r\nt=0 0\r\n"
      "m=video 0 MP2T/RTP/UDP 33\r\na=control:track\r\n",
      "x | video 33:MP2T/90000 control=track" },

    { "empty unicast address",
      "v=0\r\no=RTSP 16381778200090761968 16381778200090839277 IN IP4 \r\n"
      "s=RTSP Server\r\ne=NONE\r\nt=0 0\r\n" VIDEO,
      "RTSP Server | " READ_VIDEO },

    { "RS bandwidth",
      "v=0\r\no=- 0 0 IN IP4 10.10.1.2\r\ns=-\r\nt=0 0\r\n"
      "m=video 0 RTP/AVP 96\r\nb=AS:5000\r\nb=RS:0\r\nb=RR:0\r\n"
      "a=rtpmap:96 H264/90000\r\n",
      "- | " READ_VIDEO },

    { "Amcrest",
      "v=0\r\n"
      "o=RTSP Session 1 2 IN IP4 0.0.0.0\r\n"
      "s=Media Server\r\n"
      "c=IN IP4 0.0.0.0\r\n"
      "t=0 0\r\n"
      "a=control:*\r\n"
      "a=packetization-supported:DH\r\n"
      "a=rtppayload-supported:DH\r\n"
      "a=range:npt=now-\r\n"
      "m=video 0 RTP/AVP 98\r\n"
      "a=control:trackID=0\r\n"
      "a=framerate:30.000000\r\n"
      "a=rtpmap:98 H265/90000\r\n"
      "a=recvonly\r\n"
      "m=audio 0 RTP/AVP 8\r\n"
      "a=control:trackID=1\r\n"
      "a=rtpmap:8 PCMA/8000\r\n"
      "a=recvonly\r\n",
      "Media Server | video 98:H265/90000 control=trackID=0 recvonly"
      " | audio 8:PCMA/8000 control=trackID=1 recvonly" },

    { "HIK Media Server V3.1.3",
      "v=0\r\no=- 1109162014219182 1109162014219192 IN IP4 0.0.0.0\r\n"
      "s=HIK Media Server V3.1.3\r\ni=HIK Media Server Session Description\r\n"
      "e=NONE\r\nc=IN c=IN IP4 0.0.0.0\r\nt=0 0\r\na=control:*\r\n"
      "b=AS:1034\r\na=range:npt=now-\r\n"
      "m=video 0 RTP/AVP 96\r\ni=Video Media\r\na=rtpmap:96 H264/90000\r\n"
      "a=control:trackID=video\r\nb=AS:1024\r\n"
      "a=Media_header:MEDIAINFO=494D4B48;\r\n",
      "HIK Media Server V3.1.3 | " READ_VIDEO " control=trackID=video" },

    { "hexadecimal session id",
      "v=0\r\no=- 0x2b2f0 0X2b2f0 IN IP4 10.0.0.1\r\ns=x\r\nt=0 0\r\n" VIDEO,
      "x | " READ_VIDEO },

    { "FLIR timing",
      "v=0\r\no=- 0 0 IN IP4 10.0.0.1\r\ns=x\r\nt=now-\r\n" VIDEO,
      "x | " READ_VIDEO },

    { "IOI trk-101",
      "v=0\r\no=- 0 0 IN IP4 10.0.0.1   \r\ns=IOI\r\nt=0 0\r\n" VIDEO,
      "IOI | " READ_VIDEO },

    { "hexadecimal session id without prefix",
      "v=0\r\no=- d8c87e02 d8c87e02 IN IP4 192.168.48.5\r\ns=Session\r\n"
      "c=IN IP4 192.168.48.5\r\nt=0 0\r\n" VIDEO,
      "Session | " READ_VIDEO },

    { "hexadecimal session id of digits and letters",
      "v=0\r\no=- 1a1b34 1a1b34 IN IP4 192.168.1.6\r\ns=Session\r\n"
      "t=0 0\r\n" VIDEO,
      "Session | " READ_VIDEO },

    { "TIAS bandwidth",
      "v=0\r\no=- 0 0 IN IP4 10.0.0.1\r\ns=x\r\nb=TIAS:72\r\nt=0 0\r\n"
      VIDEO,
      "x | " READ_VIDEO },

    { "TP-Link application",
      "v=0\r\n"
      "o=- 14665860 31787219 1 IN IP4 192.168.1.64\r\n"
      "s=Session streamed by \"TP-LINK RTSP Server\"\r\n"
      "t=0 0\r\n"
      "m=video 0 RTP/AVP 96\r\n"
      "c=IN IP4 0.0.0.0\r\n"
      "b=AS:4096\r\n"
      "a=range:npt=0-\r\n"
      "a=control:track1\r\n"
      "a=rtpmap:96 H264/90000\r\n"
      "m=audio 0 RTP/AVP 8\r\n"
      "a=rtpmap:8 PCMA/8000\r\n"
      "a=control:track2\r\n"
      "m=application/TP-LINK 0 RTP/AVP smart/1/90000\r\n"
      "a=rtpmap:95 TP-LINK/90000\r\n"
      "a=control:track3\r\n",
      "Session streamed by \"TP-LINK RTSP Server\""
      " | video 96:H264/90000 control=track1"
      " | audio 8:PCMA/8000 control=track2"
      " | application/TP-LINK 95:TP-LINK/90000 control=track3" },

    { "FritzBox 6660 Cable",
      "v=0\n"
      "o=- 6 5 In IP4 192.168.178.1\n"
      "s=SatIPServer:1 0,0,4\n"
      "t=0 0\n"
      "m=video 0 RTP/AVP 33\n"
      "c=In IP4 0.0.0.0\n"
      "a=control:stream=1\n"
      "a=fmtp:33 ver=1.2;tuner=1,240,1,7,112,,dvbc,,,,6900,34\n"
      "a=sendonly\n",
      "SatIPServer:1 0,0,4 | video 33:MP2T/90000 control=stream=1 sendonly" },

    { "IDS uEye, all medias sendonly",
      "v=0\r\ns=uEye\r\nm=video 0 RTP/AVP 26\r\na=sendonly\r\n"
      "m=audio 0 RTP/AVP 0\r\na=sendonly\r\n",
      "uEye | video 26:JPEG/90000 sendonly | audio 0:PCMU/8000 sendonly" },

    { "invalid origin",
      "v=0\r\no=JefferyZhang Inno Fuzhou 0 0 IN IP4 127.0.0.1\r\n"
      "s=RK Stream\r\nt=0 0\r\n" VIDEO,
      "RK Stream | " READ_VIDEO },

    { "Mercury",
      "v=0\r\no=- 14665860 31787219 1 IN IP4 192.168.0.60\r\n"
      "s=Session streamed by \"MERCURY RTSP Server\"\r\nt=0 0\r\n" VIDEO
      "m=application/MERCURY 0 RTP/AVP smart/1/90000\r\n"
      "a=rtpmap:95 MERCURY/90000\r\na=control:track3\r\n",
      "Session streamed by \"MERCURY RTSP Server\" | " READ_VIDEO
      " | application/MERCURY 95:MERCURY/90000 control=track3" },

    { "Vurix NVR",
      "v=0\r\no=- 0 0 IN IPV4 127.0.0.1\r\ns=x\r\nc=IN IPV4 127.0.0.1\r\n"
      "t=0 0\r\n" VIDEO,
      "x | " READ_VIDEO },

    { "no session name",
      "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
      VIDEO,
      " | " READ_VIDEO },

    { "a space as session name",
      "v=0\r\ns= \r\n" VIDEO,
      " | " READ_VIDEO },

    { "no version",
      "o=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\n" VIDEO,
      "x | " READ_VIDEO },

    { "decimals in the origin",
      "v=0\r\no=- 1698210484.879535 1698210484.879535 IN IP4 127.0.0.1\r\n"
      "s=x\r\nt=0 0\r\n" VIDEO,
      "x | " READ_VIDEO },

    { "UDP Technology",
      "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\n" VIDEO
      "m=metadata 0 RTP/AVP 100\r\na=rtpmap:100 IP-Metadata/90000\r\n"
      "a=control:track3\r\n",
      "x | " READ_VIDEO " | metadata 100:IP-Metadata/90000 control=track3" },

    { "Altasec NVR",
      "v=0\r\no=Channel1 3910280086 3910366486 IN IP4\r\ns=x\r\nt=0 0\r\n"
      VIDEO,
      "x | " READ_VIDEO },

    { "Avigilon with back channel",
      "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\n" VIDEO
      "m=audio 0 RTP/AVP 0\r\nc=SM 0.0.0.0\r\na=control:back\r\n"
      "a=sendonly\r\n",
      "x | " READ_VIDEO
      " | audio 0:PCMU/8000 control=back sendonly back" },

    { "AXIS 221 and Y-CAM Bullet HD",
      "v=0\r\no=- -1234567 -1234567 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\n"
      VIDEO,
      "x | " READ_VIDEO },

    { "Wisenet NVR",
      "v=0\r\ns=RTSP Session\r\nt=0 0\r\n" VIDEO
      "m=text 0 RTP/AVP 107\r\na=rtpmap:107 object-detection/1000\r\n"
      "a=control:trackID=3\r\n",
      "RTSP Session | " READ_VIDEO
      " | text 107:object-detection/1000 control=trackID=3" },

    { "AJA encoder",
      "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\nr=0 0\r\n" VIDEO,
      "x | " READ_VIDEO },

    { "Uniview IPC2122LB",
      "v=0\r\no=- 1001 1 IN \r\ns=VCP IPC Realtime stream\r\n"
      "m=video 0 RTP/AVP 105\r\nc=IN\r\na=control:media0/video1\r\n"
      "a=rtpmap:105 H264/90000\r\n"
      "m=application 0 RTP/AVP 107\r\nc=IN \r\n"
      "a=control:media0/meta\r\na=rtpmap:107 vnd.onvif.metadata/90000\r\n",
      "VCP IPC Realtime stream"
      " | video 105:H264/90000 control=media0/video1"
      " | application 107:vnd.onvif.metadata/90000 control=media0/meta" },

    { "c=IN and an IPv4 address",
      "v=0\r\ns=x\r\nc=IN 192.168.4.232\r\nt=0 0\r\n" VIDEO,
      "x | " READ_VIDEO },

    { "c=IN and an IPv6 address",
      "v=0\r\ns=x\r\nc=IN fe80::1234\r\nt=0 0\r\n" VIDEO,
      "x | " READ_VIDEO },

    { "Verint VMS Media Gateway",
      "v=0\r\no=- 1 1 IP IP4 127.0.0.1\r\ns=x\r\nc=IP IP4 127.0.0.1\r\n"
      "t=0 0\r\n" VIDEO,
      "x | " READ_VIDEO },

    { "BZBGEAR",
      "v=0\r\ns=x\r\nt=0 0\r\n" VIDEO
      "m=meta 0 RTP/AVP 98\r\na=rtpmap:98 vnd.onvif.metadata/90000\r\n",
      "x | " READ_VIDEO " | meta 98:vnd.onvif.metadata/90000" },

    { "address with port",
      "v=0\r\no=- 0 0 IN IP4 46.242.10.231:12626\r\ns=x\r\n"
      "c=IN IP4 *****\r\nt=0 0\r\n" VIDEO,
      "x | " READ_VIDEO },

    { "Bosch, H264 on type 35",
      "v=0\r\ns=x\r\nm=video 0 RTP/AVP 35\r\na=rtpmap:35 H264/90000\r\n"
      "a=fmtp:35 packetization-mode=1;profile-level-id=4d4029\r\n",
      "x | video 35:H264/90000 mode=1" },

    { "several formats",
      "v=0\r\ns=x\r\nm=audio 0 RTP/AVP 8 0 101 8\r\n"
      "a=rtpmap:101 telephone-event/8000\r\n",
      "x | audio 8:PCMA/8000,0:PCMU/8000,101:telephone-event/8000" },

    { "spaces around the rtpmap",
      "v=0\r\ns=x\r\nm=video  0 RTP/AVP  96 \r\n"
      "a=rtpmap: 96  H264/90000 \r\na=control: trackID=1 \r\n",
      "x | " READ_VIDEO " control=trackID=1" },

    { "G711 at 16 kHz with two channels",
      "v=0\r\ns=x\r\nm=audio 0 RTP/AVP 97\r\na=rtpmap:97 PCMA/16000/2\r\n",
      "x | audio 97:PCMA/16000/2" },

    { "the clock of G722 stays 8000",
      "v=0\r\ns=x\r\nm=audio 0 RTP/AVP 9\r\na=rtpmap:9 G722/16000\r\n",
      "x | audio 9:G722/8000" },

    { "no clock rate",
      "v=0\r\ns=x\r\nm=application 0 RTP/AVP 107\r\n"
      "a=rtpmap:107 vnd.onvif.metadata\r\nm=video 0 RTP/AVP 98\r\n",
      "x | application 107:vnd.onvif.metadata/0 | video 98:/0" },

    { "secure profile",
      "v=0\r\ns=x\r\nm=video 0 RTP/SAVP 96\r\na=rtpmap:96 H264/90000\r\n"
      "a=key-mgmt:mikey AQAF\r\nm=audio 0 RTP/SAVPF 0\r\n",
      "x | " READ_VIDEO " secure key=mikey AQAF | audio 0:PCMU/8000" },

    { "control without value",
      "v=0\r\ns=x\r\n" VIDEO "a=control:\r\na=control:second\r\n",
      "x | " READ_VIDEO " control=" },

    { "port 65536 and count",
      "v=0\r\ns=x\r\nm=video 65536/2 RTP/AVP/TCP 96\r\n"
      "a=rtpmap:96 H264/90000\r\n",
      "x | " READ_VIDEO },

    { "bad sprop is no reason to refuse",
      "v=0\r\ns=x\r\n" VIDEO "a=fmtp:96 packetization-mode=1;;"
      " sprop-parameter-sets=$$$,;foo\r\n",
      "x | " READ_VIDEO " mode=1" },

    { "no line end at the end",
      "v=0\r\ns=x\r\nm=audio 0 RTP/AVP 0",
      "x | audio 0:PCMU/8000" }
};


static const unit_sdp_t  refused[] = {

    { "nothing", "", "it has no media" },

    { "no media", "v=0\r\ns=x\r\nt=0 0\r\n", "it has no media" },

    { "no SDP", "<html>\r\n<body>\r\n",
      "a line does not begin with a letter and an equals sign" },

    { "another version", "v=1\r\n" VIDEO, "its version is not 0" },

    { "version again", "v=0\r\ns=x\r\nv=0\r\n" VIDEO,
      "\"v=\" is not the first line" },

    { "version in a media", "v=0\r\n" VIDEO "v=0\r\n",
      "a line of a media begins with a letter that has no place there" },

    { "time in a media", "v=0\r\n" VIDEO "t=0 0\r\n",
      "a line of a media begins with a letter that has no place there" },

    { "unknown letter", "v=0\r\nx=1\r\n" VIDEO,
      "a line begins with an unknown letter" },

    { "media of three fields", "v=0\r\nm=video 0 RTP/AVP\r\n",
      "a media has no format" },

    { "media of two fields", "v=0\r\nm=video 0\r\n",
      "\"m=\" has too few fields" },

    { "bad port", "v=0\r\nm=video x RTP/AVP 96\r\n",
      "\"m=\" has an invalid port" },

    { "too large a port", "v=0\r\nm=video 65537 RTP/AVP 96\r\n",
      "\"m=\" has an invalid port" },

    { "bad payload type", "v=0\r\nm=video 0 RTP/AVP h264\r\n",
      "a payload type is invalid" },

    { "too large a payload type", "v=0\r\nm=video 0 RTP/AVP 256\r\n",
      "a payload type is invalid" },

    { "smart payload type without rtpmap",
      "v=0\r\nm=video 0 RTP/AVP smart/1/90000\r\n",
      "a media has no payload type" },

    { "nine formats", "v=0\r\nm=video 0 RTP/AVP 1 2 3 4 5 6 7 8 9\r\n",
      "a media has too many formats" }
};


static ngx_rtsp_sdp_t  sdp, other;
static u_char          buf[NGX_RTSP_MAX_SDP];


static void
show_format(ngx_rtsp_writer_t *w, const ngx_rtsp_sdp_format_t *format)
{
    ngx_rtsp_put_uint(w, format->type);
    ngx_rtsp_put_text(w, ":");
    ngx_rtsp_put_str(w, &format->encoding);
    ngx_rtsp_put_text(w, "/");
    ngx_rtsp_put_uint(w, format->clock_rate);

    if (format->channels.len) {
        ngx_rtsp_put_text(w, "/");
        ngx_rtsp_put_str(w, &format->channels);
    }

    if (format->packetization_mode) {
        ngx_rtsp_put_text(w, " mode=");
        ngx_rtsp_put_uint(w, format->packetization_mode);
    }
}


static void
show_media(ngx_rtsp_writer_t *w, const ngx_rtsp_sdp_media_t *media)
{
    ngx_uint_t          i;
    static const char  *direction[] = {
        "", " sendrecv", " sendonly", " recvonly", " inactive"
    };

    ngx_rtsp_put_text(w, " | ");
    ngx_rtsp_put_str(w, &media->type);

    for (i = 0; i < media->nformats; i++) {
        ngx_rtsp_put_text(w, i ? "," : " ");
        show_format(w, &media->formats[i]);
    }

    if (media->control.data) {
        ngx_rtsp_put_text(w, " control=");
        ngx_rtsp_put_str(w, &media->control);
    }

    ngx_rtsp_put_text(w, direction[media->direction]);

    if (media->secure) {
        ngx_rtsp_put_text(w, " secure");
    }

    if (media->back_channel) {
        ngx_rtsp_put_text(w, " back");
    }

    if (media->key_mgmt.len) {
        ngx_rtsp_put_text(w, " key=");
        ngx_rtsp_put_str(w, &media->key_mgmt);
    }
}


static ngx_str_t
show(const ngx_rtsp_sdp_t *s)
{
    ngx_str_t          text;
    ngx_uint_t         i;
    ngx_rtsp_writer_t  w;

    w.pos = buf;
    w.end = buf + sizeof(buf);
    w.overflow = 0;

    ngx_rtsp_put_str(&w, &s->name);

    for (i = 0; i < s->nmedias; i++) {
        show_media(&w, &s->medias[i]);
    }

    text.data = buf;
    text.len = w.pos - buf;

    return text;
}


static ngx_int_t
parse(const char *text, ngx_rtsp_sdp_t *s)
{
    ngx_str_t  str;

    str = unit_str(text);

    return ngx_rtsp_parse_sdp(&str, s);
}


/* from a block of its own size, so that reads past the end are seen */

static void
test_corpus(void)
{
    ngx_str_t   text, got;
    ngx_uint_t  i;

    for (i = 0; i < sizeof(corpus) / sizeof(corpus[0]); i++) {
        text.len = strlen(corpus[i].text);
        text.data = unit_copy(corpus[i].text, text.len);

        if (ngx_rtsp_parse_sdp(&text, &sdp) == NGX_OK) {
            got = show(&sdp);
            unit_is_str(&got, corpus[i].want, corpus[i].name);

        } else {
            unit_ok(0, "%s: %s", corpus[i].name, sdp.error);
        }

        free(text.data);
    }
}


static void
test_refused(void)
{
    ngx_str_t   text, error;
    ngx_uint_t  i;

    for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        text.len = strlen(refused[i].text);
        text.data = unit_copy(refused[i].text, text.len);

        if (ngx_rtsp_parse_sdp(&text, &sdp) == NGX_ERROR) {
            error = unit_str(sdp.error);
            unit_is_str(&error, refused[i].want, refused[i].name);

        } else {
            unit_ok(0, "%s is refused", refused[i].name);
        }

        free(text.data);
    }
}


static void
test_bounds(void)
{
    ngx_str_t   text, error;
    ngx_uint_t  n;
    static u_char  large[NGX_RTSP_MAX_SDP + 1];

    text.data = large;
    text.len = 0;

    for (n = 0; n < NGX_RTSP_MAX_MEDIAS; n++) {
        ngx_memcpy(large + text.len, "m=audio 0 RTP/AVP 0\n", 20);
        text.len += 20;
    }

    unit_is_int(ngx_rtsp_parse_sdp(&text, &sdp), NGX_OK, "32 medias");

    ngx_memcpy(large + text.len, "m=audio 0 RTP/AVP 0\n", 20);
    text.len += 20;

    unit_is_int(ngx_rtsp_parse_sdp(&text, &sdp), NGX_ERROR, "33 medias");
    error = unit_str(sdp.error);
    unit_is_str(&error, "it has too many medias", "33 medias, why");

    ngx_memset(large, '\0', sizeof(large));
    ngx_memcpy(large, "m=audio 0 RTP/AVP 0\n", 20);

    text.len = 30;
    unit_is_int(ngx_rtsp_parse_sdp(&text, &sdp), NGX_OK, "zeros at the end");

    text.len = NGX_RTSP_MAX_SDP;
    unit_is_int(ngx_rtsp_parse_sdp(&text, &sdp), NGX_OK, "128 KiB");

    text.len++;
    unit_is_int(ngx_rtsp_parse_sdp(&text, &sdp), NGX_ERROR,
                "a byte over 128 KiB");
}


static void
test_session(void)
{
    unit_is_int(parse("v=0\r\ns=x\r\ni=info\r\na=control:rtsp://h/a\r\n"
                      "a=range:npt=now-\r\na=key-mgmt:mikey AAAA\r\n" VIDEO
                      "m=audio 0 RTP/AVP 0\r\n", &sdp),
                NGX_OK, "session level");
    unit_is_str(&sdp.information, "info", "information");
    unit_is_str(&sdp.control, "rtsp://h/a", "session control");
    unit_is_str(&sdp.range, "npt=now-", "range");
    unit_is_str(&sdp.key_mgmt, "mikey AAAA", "session key-mgmt");
    unit_is_str(&sdp.session, "v=0\r\ns=x\r\ni=info\r\n"
                "a=control:rtsp://h/a\r\na=range:npt=now-\r\n"
                "a=key-mgmt:mikey AAAA\r\n", "lines of the session");
    unit_is_str(&sdp.medias[0].text, VIDEO, "lines of a media");
    unit_is_str(&sdp.medias[1].text, "m=audio 0 RTP/AVP 0\r\n",
                "lines of the last media");
    unit_is_int(sdp.medias[0].kind, NGX_RTSP_MEDIA_VIDEO, "kind of video");
    unit_is_int(sdp.medias[1].kind, NGX_RTSP_MEDIA_AUDIO, "kind of audio");
    unit_is_int(sdp.medias[0].formats[0].codec, NGX_RTSP_CODEC_H264,
                "codec by rtpmap");
    unit_is_int(sdp.medias[1].formats[0].codec, NGX_RTSP_CODEC_PCMU,
                "codec by static type");
}


static void
test_parameter(void)
{
    ngx_str_t  fmtp, value;

    fmtp = unit_str("a=1; B = two ;c;d=x==;e=");

    unit_is_int(ngx_rtsp_sdp_parameter(&fmtp, "b", &value), 1, "parameter");
    unit_is_str(&value, "two", "parameter without spaces around");
    unit_is_int(ngx_rtsp_sdp_parameter(&fmtp, "d", &value), 1, "parameter 2");
    unit_is_str(&value, "x==", "parameter with equals signs");
    unit_is_int(ngx_rtsp_sdp_parameter(&fmtp, "e", &value), 1, "parameter 3");
    unit_is_str(&value, "", "empty parameter");
    unit_is_int(ngx_rtsp_sdp_parameter(&fmtp, "c", &value), 0,
                "no parameter without equals sign");
    unit_is_int(ngx_rtsp_sdp_parameter(&fmtp, "f", &value), 0, "no parameter");
}


static const struct {
    const char  *name;
    const char  *a;
    const char  *b;
    ngx_uint_t   same;
} pairs[] = {

    { "the same text", VIDEO, VIDEO, 1 },

    { "another title and control",
      "s=a\n" VIDEO "a=control:1\n", "s=b\n" VIDEO "a=control:2\n", 1 },

    { "other H.264 parameters",
      VIDEO "a=fmtp:96 sprop-parameter-sets=Z0IACpZTBYmI,aMljiA==\n",
      VIDEO "a=fmtp:96 packetization-mode=1\n", 1 },

    { "one channel or none said",
      "m=audio 0 RTP/AVP 97\na=rtpmap:97 L16/8000\n",
      "m=audio 0 RTP/AVP 97\na=rtpmap:97 l16/8000/1\n", 1 },

    { "static type with and without rtpmap",
      "m=audio 0 RTP/AVP 0\n",
      "m=audio 0 RTP/AVP 0\na=rtpmap:0 PCMU/8000\n", 1 },

    { "two channels and one",
      "m=audio 0 RTP/AVP 97\na=rtpmap:97 L16/8000\n",
      "m=audio 0 RTP/AVP 97\na=rtpmap:97 L16/8000/2\n", 0 },

    { "one media more", VIDEO, VIDEO "m=audio 0 RTP/AVP 0\n", 0 },

    { "another order",
      VIDEO "m=audio 0 RTP/AVP 0\n", "m=audio 0 RTP/AVP 0\n" VIDEO, 0 },

    { "another payload type", VIDEO,
      "m=video 0 RTP/AVP 97\na=rtpmap:97 H264/90000\n", 0 },

    { "another codec", VIDEO,
      "m=video 0 RTP/AVP 96\na=rtpmap:96 H265/90000\n", 0 },

    { "another clock",
      "m=audio 0 RTP/AVP 97\na=rtpmap:97 PCMA/8000\n",
      "m=audio 0 RTP/AVP 97\na=rtpmap:97 PCMA/16000\n", 0 },

    { "AAC with another config",
      "m=audio 0 RTP/AVP 97\na=rtpmap:97 mpeg4-generic/44100/2\n"
      "a=fmtp:97 mode=AAC-hbr; config=1210\n",
      "m=audio 0 RTP/AVP 97\na=rtpmap:97 mpeg4-generic/44100/2\n"
      "a=fmtp:97 mode=AAC-hbr; config=1190\n", 0 },

    { "AAC with the same config",
      "m=audio 0 RTP/AVP 97\na=rtpmap:97 mpeg4-generic/44100/2\n"
      "a=fmtp:97 mode=AAC-hbr; config=12ab\n",
      "m=audio 0 RTP/AVP 97\na=rtpmap:97 mpeg4-generic/44100/2\n"
      "a=fmtp:97 CONFIG=12AB; mode=AAC-hbr;bitrate=1\n", 1 },

    { "MPEG-4 with another config",
      "m=video 0 RTP/AVP 97\na=rtpmap:97 MP4V-ES/90000\n"
      "a=fmtp:97 config=000001B001\n",
      "m=video 0 RTP/AVP 97\na=rtpmap:97 MP4V-ES/90000\n"
      "a=fmtp:97 config=000001B0F3\n", 0 },

    { "a back channel that was none",
      VIDEO "m=audio 0 RTP/AVP 0\n",
      VIDEO "m=audio 0 RTP/AVP 0\na=sendonly\n", 0 }
};


static void
test_same(void)
{
    ngx_uint_t  i;

    for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {

        if (parse(pairs[i].a, &sdp) != NGX_OK
            || parse(pairs[i].b, &other) != NGX_OK)
        {
            unit_ok(0, "%s: parsed", pairs[i].name);
            continue;
        }

        unit_is_int(ngx_rtsp_sdp_same(&sdp, &other), pairs[i].same,
                    pairs[i].name);
        unit_ok(ngx_rtsp_sdp_same(&other, &sdp) == pairs[i].same,
                "%s, the other way round", pairs[i].name);
    }
}


static void
is_written(const char *text, const ngx_rtsp_sdp_write_t *opt,
    const char *want, const char *name)
{
    ngx_str_t          got;
    ngx_rtsp_writer_t  w;

    if (parse(text, &sdp) != NGX_OK) {
        unit_ok(0, "%s: %s", name, sdp.error);
        return;
    }

    w.pos = buf;
    w.end = buf + sizeof(buf);
    w.overflow = 0;

    ngx_rtsp_put_sdp(&w, &sdp, opt);

    got.data = buf;
    got.len = w.pos - buf;

    unit_is_str(&got, want, name);

    unit_is_int(ngx_rtsp_parse_sdp(&got, &other), NGX_OK, name);
}


#define HEAD  "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\n"


static const char  published[] =
    "v=0\r\n"
    "o=- 0 0 IN IP4 10.0.0.1\r\n"
    "s=Gate\r\n"
    "i=the gate\r\n"
    "c=IN IP4 10.0.0.1\r\n"
    "t=0 0\r\n"
    "a=tool:libavformat 59.27.100\r\n"
    "a=control:*\r\n"
    "a=recvonly\r\n"
    "a=range:npt=now-\r\n"
    "a=group:BUNDLE 0 1\r\n"
    "a=group:LS 0 1\r\n"
    "b=AS:3000\r\n"
    "m=video 4000 RTP/AVP/TCP 96\r\n"
    "c=IN IP4 10.0.0.2\r\n"
    "k=clear:secret\r\n"
    "a=rtpmap:96 H264/90000\r\n"
    "a=fmtp:96 packetization-mode=1; sprop-parameter-sets=Z0IACpZTBYmI,"
    "aMljiA==; profile-level-id=42000A\r\n"
    "a=control:streamid=0\r\n"
    "a=framerate:25\r\n"
    "a=mid:0\r\n"
    "a=rtcp-mux\r\n"
    "a=rtcp-fb:96 nack pli\r\n"
    "a=ssrc:1234 cname:x\r\n"
    "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:secret\r\n"
    "a=x-dimensions:640,480\r\n"
    "b=AS:2900\r\n"
    "m=audio 4002 RTP/AVP 8\r\n"
    "a=control:streamid=1\r\n"
    "a=mid:1\r\n"
    "a=ptime:20\r\n"
    "m=audio 4004 RTP/AVP 0\r\n"
    "a=sendonly\r\n"
    "a=control:streamid=2\r\n";


#define WRITTEN_SESSION                                                       \
    "s=Gate\r\ni=the gate\r\nc=IN IP4 0.0.0.0\r\nb=AS:3000\r\nt=0 0\r\n"      \
    "a=tool:libavformat 59.27.100\r\na=range:npt=now-\r\n"

#define WRITTEN_VIDEO                                                         \
    "a=control:trackID=0\r\na=rtpmap:96 H264/90000\r\n"                       \
    "a=fmtp:96 packetization-mode=1; sprop-parameter-sets=Z0IACpZTBYmI,"      \
    "aMljiA==; profile-level-id=42000A\r\n"                                   \
    "a=framerate:25\r\na=mid:0\r\na=x-dimensions:640,480\r\n"

#define WRITTEN_AUDIO                                                         \
    "a=control:trackID=1\r\na=mid:1\r\na=ptime:20\r\n"


static void
test_write(void)
{
    ngx_rtsp_sdp_write_t  opt;

    ngx_memzero(&opt, sizeof(ngx_rtsp_sdp_write_t));

    is_written(VIDEO, &opt,
               HEAD "s= \r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
               "m=video 0 RTP/AVP 96\r\na=control:trackID=0\r\n"
               "a=rtpmap:96 H264/90000\r\n",
               "the least");

    is_written(published, &opt,
               HEAD
               "s=Gate\r\ni=the gate\r\nc=IN IP4 0.0.0.0\r\nb=AS:3000\r\n"
               "t=0 0\r\na=tool:libavformat 59.27.100\r\n"
               "a=range:npt=now-\r\na=group:LS 0 1\r\n"
               "m=video 0 RTP/AVP 96\r\nb=AS:2900\r\na=recvonly\r\n"
               WRITTEN_VIDEO
               "m=audio 0 RTP/AVP 8\r\na=recvonly\r\n" WRITTEN_AUDIO
               "m=audio 0 RTP/AVP 0\r\na=sendonly\r\n"
               "a=control:trackID=2\r\n",
               "unknown attributes are kept, transport and keys are not");

    opt.hide = 1 << 2;

    is_written(published, &opt,
               HEAD WRITTEN_SESSION
               "m=video 0 RTP/AVP 96\r\nb=AS:2900\r\n" WRITTEN_VIDEO
               "m=audio 0 RTP/AVP 8\r\n" WRITTEN_AUDIO,
               "a back channel left out");

    opt.hide = 1 << 0 | 1 << 2;
    opt.secure = 1;
    opt.address = unit_str("232.1.1.1/16");
    opt.key_mgmt[1] = unit_str("mikey AAAA");

    is_written(published, &opt,
               HEAD
               "s=Gate\r\ni=the gate\r\nc=IN IP4 232.1.1.1/16\r\n"
               "b=AS:3000\r\nt=0 0\r\n"
               "a=tool:libavformat 59.27.100\r\na=range:npt=now-\r\n"
               "m=audio 0 RTP/SAVP 8\r\na=key-mgmt:mikey AAAA\r\n"
               WRITTEN_AUDIO,
               "secure, to a group, controls as in the full list");

    ngx_memzero(&opt, sizeof(ngx_rtsp_sdp_write_t));
    opt.address = unit_str("ff1e::1");
    opt.fmtp[0] = unit_str("packetization-mode=0");

    is_written("s=x\r\n" VIDEO "a=fmtp:96 packetization-mode=1\r\n"
               "a=framerate:5\r\n", &opt,
               HEAD "s=x\r\nc=IN IP6 ff1e::1\r\nt=0 0\r\n"
               "m=video 0 RTP/AVP 96\r\na=control:trackID=0\r\n"
               "a=rtpmap:96 H264/90000\r\na=framerate:5\r\n"
               "a=fmtp:96 packetization-mode=0\r\n",
               "parameters replaced");

    ngx_memzero(&opt, sizeof(ngx_rtsp_sdp_write_t));

    is_written("s=x\n" "m=application/TP-LINK 0 RTP/AVP smart/1/90000\n"
               "a=rtpmap:95 TP-LINK/90000\n", &opt,
               HEAD "s=x\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
               "m=application/TP-LINK 0 RTP/AVP 95\r\na=control:trackID=0\r\n"
               "a=rtpmap:95 TP-LINK/90000\r\n",
               "a smart payload type is written as a number");
}


static void
is_fmtp(const char *media, const char *sets, const char *want,
    const char *name)
{
    u_char                      text[4096];
    ngx_str_t                   got;
    ngx_rtsp_writer_t           w;
    ngx_rtsp_parameter_sets_t   seen;

    if (parse(media, &sdp) != NGX_OK || parse(sets, &other) != NGX_OK) {
        unit_ok(0, "%s: parsed", name);
        return;
    }

    (void) ngx_rtsp_sdp_parameter_sets(&other.medias[0].formats[0], &seen);

    w.pos = text;
    w.end = text + sizeof(text);
    w.overflow = 0;

    if (want == NULL) {
        unit_is_int(ngx_rtsp_sdp_put_fmtp(&w, &sdp.medias[0].formats[0],
                                          &seen),
                    NGX_DECLINED, name);
        unit_ok(w.pos == text, "%s: nothing is written", name);
        return;
    }

    unit_is_int(ngx_rtsp_sdp_put_fmtp(&w, &sdp.medias[0].formats[0], &seen),
                NGX_OK, name);

    got.data = text;
    got.len = w.pos - text;

    unit_is_str(&got, want, name);
}


#define H264  "m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\na=fmtp:96 "
#define H265  "m=video 0 RTP/AVP 96\na=rtpmap:96 H265/90000\na=fmtp:96 "


static void
test_fmtp(void)
{
    is_fmtp(H264 "packetization-mode=1; Sprop-Parameter-Sets=Z0I=,aM4=;"
            " profile-level-id=420029;;max-br=5 ;\n",
            H264 "sprop-parameter-sets=Z2QAHqzZQKAv+XARAAADAAEAAAMAMg8WLZY=,"
            "aOvjyyLA\n",
            "packetization-mode=1; max-br=5; profile-level-id=64001E; "
            "sprop-parameter-sets=Z2QAHqzZQKAv+XARAAADAAEAAAMAMg8WLZY=,"
            "aOvjyyLA",
            "H.264 parameter sets and profile replaced");

    is_fmtp(H264 "packetization-mode=1\n",
            H264 "sprop-parameter-sets=aOvjyyLA\n", NULL,
            "H.264 without SPS");

    is_fmtp("m=video 0 RTP/AVP 96\na=rtpmap:96 VP8/90000\n",
            H264 "sprop-parameter-sets=Z0IACpZTBYmI,aMljiA==\n", NULL,
            "a codec without parameter sets");

    is_fmtp(H265 "sprop-max-don-diff=0;sprop-pps=RAHA\n",
            H265 "sprop-vps=QAEMAf//AWAAAAMAAAMAAAMAAAMAlqwJ;"
            "sprop-sps=QgEBAWAAAAMAAAMAAAMAAAMAlqADwIAQ5Q==;"
            "sprop-pps=RAHgdrAmQA==\n",
            "sprop-max-don-diff=0; "
            "sprop-vps=QAEMAf//AWAAAAMAAAMAAAMAAAMAlqwJ; "
            "sprop-sps=QgEBAWAAAAMAAAMAAAMAAAMAlqADwIAQ5Q==; "
            "sprop-pps=RAHgdrAmQA==",
            "H.265 parameter sets replaced");
}


static const struct {
    const char  *name;
    const char  *text;
    ngx_uint_t   n;
} sprops[] = {
    { "SPS and PPS", H264 "sprop-parameter-sets=Z0IACpZTBYmI,aMljiA==\n", 2 },
    { "a third, empty one",
      H264 "sprop-parameter-sets=Z0IACpZTBYmI,aMljiA==,\n", 2 },
    { "empty", H264 "sprop-parameter-sets=\n", 0 },
    { "Revotech, with start codes",
      H264 "sprop-parameter-sets=AAAAAWdCAAqWUwWJiA==,AAAAAWjJY4g=\n", 2 },
    { "both in one",
      H264 "sprop-parameter-sets=AAAAAWdCAAqWUwWJiAAAAAFoyWOI\n", 2 },
    { "not base64", H264 "sprop-parameter-sets=Z0IACpZTBYmI,a*$\n", 1 },
    { "not a parameter set", H264 "sprop-parameter-sets=AAECAwQ=\n", 0 },
    { "two PPS of one identifier: the last holds",
      H264 "sprop-parameter-sets=Z0IACpZTBYmI,aMljiA==,aMljiQ==\n", 2 },
    { "H.265", H265 "sprop-vps=QAEMAf//AWAAAAMAAAMAAAMAAAMAlqwJ;"
      "sprop-sps=QgEBAWAAAAMAAAMAAAMAAAMAlqADwIAQ5Q==;"
      "sprop-pps=RAHgdrAmQA==\n", 3 }
};


static void
test_sprop(void)
{
    ngx_uint_t                  i, n;
    ngx_rtsp_parameter_sets_t   sets;

    for (i = 0; i < sizeof(sprops) / sizeof(sprops[0]); i++) {

        if (parse(sprops[i].text, &sdp) != NGX_OK) {
            unit_ok(0, "%s: parsed", sprops[i].name);
            continue;
        }

        n = ngx_rtsp_sdp_parameter_sets(&sdp.medias[0].formats[0], &sets);

        unit_is_int(n, sprops[i].n, sprops[i].name);

        if (n >= 2 && sdp.medias[0].formats[0].codec == NGX_RTSP_CODEC_H264) {
            unit_is_mem(sets.data + sets.sets[0].offset, sets.sets[0].len,
                        "\x67\x42\x00\x0a\x96\x53\x05\x89\x88", 9,
                        sprops[i].name);
        }
    }
}


static void
test_overflow(void)
{
    size_t                 size;
    u_char                *text;
    ngx_uint_t             bad;
    ngx_rtsp_writer_t      w;
    ngx_rtsp_sdp_write_t   opt;

    ngx_memzero(&opt, sizeof(ngx_rtsp_sdp_write_t));

    if (parse(published, &sdp) != NGX_OK) {
        unit_ok(0, "parsed");
        return;
    }

    bad = 0;

    for (size = 0; size < 400; size++) {
        text = malloc(size ? size : 1);

        w.pos = text;
        w.end = text + size;
        w.overflow = 0;

        ngx_rtsp_put_sdp(&w, &sdp, &opt);

        bad += !w.overflow;

        free(text);
    }

    unit_is_int(bad, 0, "what does not fit is told");
}


int
main(void)
{
    test_corpus();
    test_refused();
    test_bounds();
    test_session();
    test_parameter();
    test_same();
    test_write();
    test_fmtp();
    test_sprop();
    test_overflow();

    return unit_done();
}
