"""The modules that Asterisk loads, grouped by what they are for."""

from __future__ import annotations

CORE = (
    "res_timing_timerfd",
    "res_crypto",
    "res_sorcery_config",
    "res_sorcery_memory",
    "res_sorcery_astdb",
    "res_http_websocket",
    "res_websocket_client",
    "res_security_log",
)
MEDIA = (
    "codec_ulaw",
    "codec_alaw",
    "codec_a_mu",
    "codec_gsm",
    "codec_g722",
    "codec_resample",
    "format_pcm",
    "format_wav",
    "format_gsm",
    "format_sln",
    "res_rtp_asterisk",
    "res_srtp",
    "res_musiconhold",
    "bridge_simple",
    "bridge_native_rtp",
    "bridge_softmix",
    "bridge_holding",
    "chan_bridge_media",
)
SIP = (
    "res_pjproject",
    "res_pjsip",
    "res_pjsip_session",
    "res_pjsip_pubsub",
    "res_pjsip_authenticator_digest",
    "res_pjsip_endpoint_identifier_ip",
    "res_pjsip_endpoint_identifier_user",
    "res_pjsip_registrar",
    "res_pjsip_nat",
    "res_pjsip_caller_id",
    "res_pjsip_dtmf_info",
    "res_pjsip_rfc3326",
    "res_pjsip_sdp_rtp",
    "res_pjsip_dlg_options",
    "res_pjsip_transport_websocket",
    "res_pjsip_header_funcs",
    "res_pjsip_outbound_authenticator_digest",
    "chan_pjsip",
)
ARI = (
    "res_stasis",
    "res_stasis_answer",
    "res_stasis_playback",
    "res_stasis_recording",
    "res_stasis_snoop",
    "res_stasis_device_state",
    "res_ari",
    "res_ari_model",
    "res_ari_applications",
    "res_ari_asterisk",
    "res_ari_bridges",
    "res_ari_channels",
    "res_ari_device_states",
    "res_ari_endpoints",
    "res_ari_events",
    "res_ari_playbacks",
    "res_ari_recordings",
    "res_ari_sounds",
)
DIALPLAN = (
    "pbx_config",
    "app_stasis",
    "app_playback",
    "app_mixmonitor",
    "func_channel",
    "func_timeout",
    "func_strings",
    "func_callerid",
)

MODULES = (*CORE, *MEDIA, *SIP, *ARI, *DIALPLAN)
OPTIONAL = frozenset({"res_websocket_client", "codec_g722", "codec_gsm", "format_gsm"})
"""Absent from some system installations of release 20 or 21; calls work without."""
