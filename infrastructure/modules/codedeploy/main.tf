# The deployment group through which the pipeline shifts the alias of one function.

resource "aws_codedeploy_deployment_group" "this" {
  app_name               = var.application_name
  deployment_group_name  = "${var.function_name}-${var.alias}" # where releases look for it
  service_role_arn       = var.service_role_arn
  deployment_config_name = var.deployment_config_name

  deployment_style {
    deployment_type   = "BLUE_GREEN"
    deployment_option = "WITH_TRAFFIC_CONTROL"
  }

  alarm_configuration {
    enabled                   = true
    alarms                    = var.alarm_names
    ignore_poll_alarm_failure = false # unknown is never safe
  }

  auto_rollback_configuration {
    enabled = true
    # Not on request: who stops a deployment puts the alias back.
    events = ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"]
  }
}
