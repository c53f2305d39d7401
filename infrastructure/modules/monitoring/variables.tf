variable "function_name" {
  description = "Name of the function."
  type        = string
}

variable "alias" {
  description = "The alias that users call."
  type        = string
  default     = "live"
}

variable "region" {
  description = "Region of the function, for the dashboard."
  type        = string
}

variable "alarm_name_prefix" {
  description = "The pipeline's prefix (output AlarmNamePrefix); alarms without it never start a rollback."
  type        = string
}

variable "errors_per_minute" {
  description = "Failed calls through the alias in a minute that are too many."
  type        = number
  default     = 3
}

variable "p90_duration_ms" {
  description = "A tenth of the calls through the alias may be slower than this."
  type        = number
  default     = 3000
}

variable "topic_arns" {
  description = "SNS topics that hear of the alarms; CloudWatch must be allowed to publish, and to use their keys."
  type        = list(string)
  default     = []
}
