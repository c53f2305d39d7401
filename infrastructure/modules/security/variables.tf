variable "name_prefix" {
  description = "Begins the names of what is made; the signing profile's takes letters, digits and underscores only."
  type        = string
  default     = "lambda_canary_"

  validation {
    condition     = can(regex("^[A-Za-z0-9_]{1,38}$", var.name_prefix))
    error_message = "Signer allows letters, digits and underscores in names, and 38 of them before what Terraform adds."
  }
}

variable "pipeline_signing_profile_version_arn" {
  description = "The profile version that signs releases (output SigningProfileVersionArn of the pipeline)."
  type        = string
}

variable "artifact_bucket" {
  description = "The pipeline's bucket (output ArtifactBucket)."
  type        = string
}

variable "permissions_boundary_arn" {
  description = "Boundary of the roles."
  type        = string
  default     = null
}

variable "github" {
  description = "CI on GitHub: the subjects of its tokens, and what they may use. Null: none."
  default     = null

  type = object({
    subjects                  = list(string)
    release_state_machine_arn = string
  })

  validation {
    condition     = var.github == null ? true : length(var.github.subjects) > 0
    error_message = "IAM refuses to trust GitHub's tokens without a subject."
  }

  validation {
    condition = var.github == null ? true : alltrue([
      for subject in var.github.subjects :
      can(regex("^repo:[^*?]+:(environment|ref|pull_request|job_workflow_ref)[^*?]*$", subject))
    ])
    error_message = "A subject reads repo:OWNER@OWNER_ID/REPOSITORY@REPOSITORY_ID:environment:NAME (without the ids for repositories from before 2026-07-15), and has no wildcards."
  }
}

variable "enable_config_rules" {
  description = "AWS Config rules; the account needs a configuration recorder."
  type        = bool
  default     = false
}

variable "enable_security_hub" {
  description = "Switch Security Hub on, where findings of releases go; for accounts in which it is off."
  type        = bool
  default     = false
}
