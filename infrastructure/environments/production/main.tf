# The function orders as its users' production has it, and all that a release of it needs. The pipeline
# itself is there already: template.yaml, once in each account and region.

data "aws_cloudformation_stack" "pipeline" {
  count = var.pipeline_outputs == null ? 1 : 0

  name = var.pipeline_stack
}

locals {
  pipeline = coalesce(var.pipeline_outputs, one(data.aws_cloudformation_stack.pipeline[*].outputs))
}

module "security" {
  source = "../../modules/security"

  pipeline_signing_profile_version_arn = local.pipeline.SigningProfileVersionArn
  artifact_bucket                      = local.pipeline.ArtifactBucket
  enable_config_rules                  = true
  enable_security_hub                  = true

  github = length(var.github_subjects) == 0 ? null : {
    subjects                  = var.github_subjects
    release_state_machine_arn = local.pipeline.ReleaseStateMachineArn
  }
}

module "function" {
  source = "../../modules/lambda"

  name                    = "orders-production"
  description             = "Takes orders"
  runtime                 = "python3.13"
  environment             = { CURRENCY = "EUR" }
  reserved_concurrency    = 200
  artifact_bucket         = local.pipeline.ArtifactBucket
  signing_profile_name    = module.security.bootstrap_signing_profile_name
  code_signing_config_arn = module.security.code_signing_config_arn
}

module "monitoring" {
  source = "../../modules/monitoring"

  function_name     = module.function.function_name
  alias             = module.function.alias
  region            = var.region
  alarm_name_prefix = local.pipeline.AlarmNamePrefix
}

module "deployment" {
  source = "../../modules/codedeploy"

  function_name    = module.function.function_name
  alias            = module.function.alias
  application_name = local.pipeline.ApplicationName
  service_role_arn = local.pipeline.CodeDeployRoleArn
  alarm_names      = module.monitoring.alarm_names
}

module "api" {
  source = "../../modules/api-gateway"

  function_name    = module.function.function_name
  alias            = module.function.alias
  alias_invoke_arn = module.function.alias_invoke_arn
}
