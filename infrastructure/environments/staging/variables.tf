variable "region" {
  description = "Where the pipeline is."
  type        = string
  default     = "us-east-1"
}

variable "pipeline_stack" {
  description = "Name of the pipeline's CloudFormation stack."
  type        = string
  default     = "lambda-canary"
}

variable "pipeline_outputs" {
  description = "Outputs of that stack, to plan without an account; by default they are read."
  type        = map(string)
  default     = null
}

variable "github_subjects" {
  description = "Subjects of the GitHub tokens that may release; none makes no role."
  type        = list(string)
  default     = []
}
