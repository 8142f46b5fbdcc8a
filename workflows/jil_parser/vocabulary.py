"""The words of JIL: statements, attributes and job types, as public documentation lists them."""

from typing import Final

INSERT: Final = "insert"
UPDATE: Final = "update"
DELETE: Final = "delete"
OVERRIDE: Final = "override"
RENAME: Final = "rename"
DELETE_BOX: Final = "delete_box"
UNKNOWN: Final = "unknown"
"""The verb of a statement nobody knows; it is kept and changes nothing."""

_CRUD = ("job", "machine", "global", "resource", "xinst", "job_type", "monbro", "blob", "glob", "connectionprofile")

STATEMENTS: Final[dict[str, tuple[str, str]]] = {
    **{f"insert_{noun}": (INSERT, noun) for noun in _CRUD},
    **{f"update_{noun}": (UPDATE, noun) for noun in _CRUD if noun not in ("global", "blob", "glob")},
    **{f"delete_{noun}": (DELETE, noun) for noun in _CRUD},
    "override_job": (OVERRIDE, "job"),
    "rename_job": (RENAME, "job"),
    "delete_box": (DELETE_BOX, "job"),
    "calendar": (INSERT, "calendar"),
    "cycle": (INSERT, "cycle"),
    "extended_calendar": (INSERT, "extended_calendar"),
    "ext_calendar": (INSERT, "extended_calendar"),
}
"""Statement keyword to (verb, noun)."""

STATEMENT_PREFIXES: Final = ("insert_", "update_", "delete_", "override_", "rename_")
"""A key that starts so is a statement, known or not, and never an attribute of the statement before it."""

CALENDARS: Final = frozenset({"calendar", "cycle", "extended_calendar"})
"""Nouns whose rows are bare dates."""

_ATTRIBUTES = """
alarm_if_fail alarm_if_terminated amount application arc_obj_name arc_obj_variant arc_parms auth_string auto_delete
auto_hold avg_runtime bdc_err_rate bdc_ext_log bdc_proc_rate bdc_system blob_file blob_input blob_mode blob_type
box_failure box_name box_success box_terminator char_code chk_files class_name column_name command condition
connect_string connectionprofile_type continuous copy_jcl cpu_usage cyccal database_name date_conditions days_of_week
dbtype description disk_drive disk_format disk_space elevated end_date endpoint_url envparms envvars
exclude_calendar fail_codes factor filter filter_type ftp_command ftp_compression ftp_local_name
ftp_local_user ftp_remote_name ftp_server_name ftp_server_port ftp_transfer_direction ftp_transfer_type ftp_use_ssl
ftp_user_type group heartbeat_attempts heartbeat_freq heartbeat_interval holcal i5_action i5_cc_exit
i5_curr_lib i5_job_desc i5_job_name i5_job_queue i5_lda i5_lib i5_library i5_name i5_others i5_params
i5_process_priority initial_context_factory inside_range interactive ip_host ip_port ip_status
j2ee_authentication_order j2ee_conn_factory j2ee_no_global_proxy_defaults j2ee_parameter j2ee_user jcl_library
jcl_member jmx_parameter jmx_user job_class job_load job_terminator job_type log_file lower_boundary machine
machine_method max_exit_success max_load max_run_alarm mbean_attr mbean_name mbean_operation message_class
method_name min_run_alarm modify_parameter monitor_cond monitor_mode monitor_type must_complete_times
must_start_times n_retrys new_name node_name non_workday notification_alarm_types notification_emailaddress
notification_emailaddress_on_alarm notification_emailaddress_on_failure notification_emailaddress_on_success
notification_emailaddress_on_terminated notification_id notification_msg notification_template one_way_hash opsys
oracle_appl_name oracle_appl_name_type oracle_args oracle_programs oracle_req_set oracle_resp oracle_user os_type
outside_range owner permission poll_interval priority process_name process_status profile provider_url
proxy_domain proxy_host proxy_origin_host proxy_origin_port proxy_port proxy_user ps_args ps_dest_format ps_dest_type
ps_detail_folder ps_dlist_roles ps_dlist_users ps_email_address ps_email_log ps_email_subject ps_email_text
ps_email_web_report ps_operator_id ps_output_dest ps_process_name ps_process_type ps_restarts ps_run_cntrl_args
ps_run_cntrl_id ps_run_control_table ps_server_name ps_skip_parm_updates ps_time_zone provider remote_name
res_type resources result_type run_calendar run_window sap_abap_name sap_chain_id sap_client sap_event_id
sap_event_parm sap_ext_table sap_fail_msg sap_infopackage sap_is_trigger sap_job_class sap_job_count sap_job_name
sap_lang sap_mon_child sap_office sap_print_parms sap_proc_user sap_process_status sap_recipients sap_release_option
sap_rfc_dest sap_step_parms sap_success_msg sap_target_jobname sap_target_sys scp_local_name scp_local_user
scp_protocol scp_remote_dir scp_remote_name scp_server_name scp_server_name_2 scp_server_port scp_target_os
scp_transfer_direction search_bw send_notification service_desk service_name shell sp_arg sp_name sql_command
start_date start_mins start_times status std_err_file std_in_file std_out_file success_codes success_criteria
success_pattern svcdesk_attr svcdesk_desc svcdesk_imp svcdesk_pri svcdesk_sev tablename target_namespace
term_run_time text_file_filter text_file_filter_exists text_file_mode text_file_name timezone time_format
time_position trigger_cond trigger_type type ulimit upper_boundary URL_mode use_topic user_role value
watch_file watch_file_change_type watch_file_change_value watch_file_groupname watch_file_min_size
watch_file_owner watch_file_recursive watch_file_type watch_file_win_user watch_interval watch_no_change
web_parameter web_user win_event_category win_event_computer win_event_datetime win_event_description
win_event_id win_event_op win_event_source win_event_type win_log_name win_service_name win_service_status
wsdl_operation wsdl_url workday xcrypt_type xkey_to_manager xmachine xmanager xport xtype zos_jobname adjust
agent_name encryption_type key_to_agent cpu_mon_cond
"""

ATTRIBUTES: Final[dict[str, str]] = {name.lower(): name.lower() for name in _ATTRIBUTES.split()}
"""Known attribute names, lower case, each to itself: a lookup gives one shared string."""

FREE_TEXT: Final = frozenset({"command", "description", "notification_msg"})
"""Attributes whose value may hold anything, so that only two blanks let another attribute begin on the line."""

CONDITIONS: Final = ("condition", "box_success", "box_failure")
"""Attributes written in the condition language."""

TIME_ATTRIBUTES: Final = frozenset(
    {"start_times", "start_mins", "days_of_week", "run_calendar", "exclude_calendar", "run_window", "timezone",
     "must_start_times", "must_complete_times"}
)  # fmt: skip
"""What ``date_conditions: 0`` switches off."""

JOB_TYPES: Final = {"": "CMD", "c": "CMD", "cmd": "CMD", "b": "BOX", "box": "BOX", "f": "FW", "fw": "FW"}
"""Short and long spelling to the type used here; every other type keeps its own name in capitals."""

TRUE_WORDS: Final = frozenset({"1", "y", "yes", "true", "t", "on"})
