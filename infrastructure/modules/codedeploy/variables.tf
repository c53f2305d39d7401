variable "function_name" {
  description = "Name of the function."
  type        = string
}

variable "alias" {
  description = "The alias that is shifted."
  type        = string
  default     = "live"
}

variable "application_name" {
  description = "The pipeline's CodeDeploy application (output ApplicationName)."
  type        = string
}

variable "service_role_arn" {
  description = "The pipeline's role for CodeDeploy (output CodeDeployRoleArn)."
  type        = string
}

variable "deployment_config_name" {
  description = "For deployments that name no config; releases always name one."
  type        = string
  default     = "CodeDeployDefault.LambdaCanary10Percent5Minutes"

  validation {
    condition     = var.deployment_config_name != "CodeDeployDefault.OneAtATime"
    error_message = "CodeDeployDefault.OneAtATime is for servers; for Lambda, name one such as CodeDeployDefault.LambdaCanary10Percent5Minutes."
  }
}

variable "alarm_names" {
  description = "Alarms that stop a deployment; the pipeline asks for their prefix (output AlarmNamePrefix)."
  type        = set(string)

  validation {
    condition     = length(var.alarm_names) > 0 && length(var.alarm_names) <= 10
    error_message = "A deployment group needs an alarm, or nothing could stop a bad version; CodeDeploy takes 10 at most."
  }
}
