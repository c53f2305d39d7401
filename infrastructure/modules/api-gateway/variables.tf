variable "function_name" {
  description = "Name of the function."
  type        = string
}

variable "alias" {
  description = "The alias that is called."
  type        = string
  default     = "live"
}

variable "alias_invoke_arn" {
  description = "The alias, as API Gateway names it."
  type        = string

  validation {
    condition     = can(regex(":function:[^:]+:[^:/]+/invocations$", var.alias_invoke_arn))
    error_message = "This is not the invoke ARN of an alias: the function's own would call $LATEST, which no release has judged."
  }
}

variable "routes" {
  description = "Which requests reach the function."
  type        = set(string)
  default     = ["$default"]
}

variable "authorization_type" {
  description = "Who may call: AWS_IAM, or NONE for everyone."
  type        = string
  default     = "AWS_IAM"

  validation {
    condition     = contains(["AWS_IAM", "NONE"], var.authorization_type)
    error_message = "The routes know AWS_IAM and NONE."
  }
}

variable "requests_per_second" {
  description = "More are answered 429."
  type        = number
  default     = 100
}

variable "burst" {
  description = "Requests at once beyond that rate."
  type        = number
  default     = 200
}

variable "log_retention_days" {
  description = "How long access logs are kept."
  type        = number
  default     = 365
}

variable "kms_key_arn" {
  description = "A key of yours for access logs; without one AWS's own is used."
  type        = string
  default     = null
}
