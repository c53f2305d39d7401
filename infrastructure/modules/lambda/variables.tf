variable "name" {
  description = "Name of the function."
  type        = string
}

variable "description" {
  description = "What the function is for."
  type        = string
  default     = null
}

variable "alias" {
  description = "Name of the alias that users call."
  type        = string
  default     = "live"
}

# ---------------------------------------------------------------------------------------------------
# Of the pipeline
# ---------------------------------------------------------------------------------------------------

variable "artifact_bucket" {
  description = "The pipeline's bucket (output ArtifactBucket); the bootstrap package lies below bootstrap/."
  type        = string
}

variable "signing_profile_name" {
  description = "Signs the bootstrap package; the code signing config must allow it."
  type        = string
}

variable "code_signing_config_arn" {
  description = "The code signing config of the function; it must allow the pipeline's profile."
  type        = string
}

variable "bootstrap_package" {
  description = "A zip that serves until the first release. The default holds app.py and app.mjs."
  type        = string
  default     = null
}

# ---------------------------------------------------------------------------------------------------
# Of every version. A change makes a version that the pipeline refuses to share traffic with: point
# the alias to it by hand
# ---------------------------------------------------------------------------------------------------

variable "architecture" {
  description = "Processor: arm64 or x86_64."
  type        = string
  default     = "x86_64"

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "Lambda has the architectures arm64 and x86_64."
  }
}

variable "vpc_subnet_ids" {
  description = "Subnets, for a function in a VPC."
  type        = list(string)
  default     = []
}

variable "vpc_security_group_ids" {
  description = "Security groups, for a function in a VPC."
  type        = list(string)
  default     = []
}

variable "policy_arns" {
  description = "Policies with what the function's own code may do, by names of your choice."
  type        = map(string)
  default     = {}
}

variable "permissions_boundary_arn" {
  description = "Boundary of the function's role."
  type        = string
  default     = null
}

# ---------------------------------------------------------------------------------------------------
# Of the first version only; later ones get theirs from releases (`configuration` in the request)
# ---------------------------------------------------------------------------------------------------

variable "runtime" {
  description = "Runtime of the first version."
  type        = string
}

variable "handler" {
  description = "Handler of the first version; the default's package has app.handler."
  type        = string
  default     = "app.handler"
}

variable "memory_size" {
  description = "Memory of the first version, in MB."
  type        = number
  default     = 256
}

variable "timeout" {
  description = "Time-out of the first version, in seconds."
  type        = number
  default     = 10
}

variable "environment" {
  description = "Environment variables of the first version."
  type        = map(string)
  default     = {}
}

variable "layers" {
  description = "Layers of the first version; they must be signed, too."
  type        = list(string)
  default     = []
}

# ---------------------------------------------------------------------------------------------------
# Around the versions
# ---------------------------------------------------------------------------------------------------

variable "reserved_concurrency" {
  description = "Calls at once that are kept for this function, and its limit; -1 reserves none."
  type        = number
}

variable "log_retention_days" {
  description = "How long logs are kept."
  type        = number
  default     = 365
}

variable "kms_key_arn" {
  description = "A key of yours for logs and dead letters; without one AWS's own are used."
  type        = string
  default     = null
}
