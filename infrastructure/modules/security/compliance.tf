# AWS Config and Security Hub, for accounts that have a configuration recorder.

locals {
  managed_rules = {
    code-deploy-rolls-back = "CODEDEPLOY_DEPLOYMENT_GROUP_AUTO_ROLLBACK_ENABLED"
    no-sudden-deployments  = "CODEDEPLOY_LAMBDA_ALLATONCE_TRAFFIC_SHIFT_DISABLED"
    dead-letters           = "LAMBDA_DLQ_CHECK"
    no-public-functions    = "LAMBDA_FUNCTION_PUBLIC_ACCESS_PROHIBITED"
    traces                 = "LAMBDA_FUNCTION_XRAY_ENABLED"
    security-hub           = "SECURITYHUB_ENABLED"
  }
  rule_name    = "${var.name_prefix}enforces-code-signing"
  rule_package = "${path.module}/code_signing_rule.zip"
}

resource "aws_securityhub_account" "this" {
  count = var.enable_security_hub ? 1 : 0
}

resource "aws_config_config_rule" "managed" {
  for_each = var.enable_config_rules ? local.managed_rules : {}

  name = "${var.name_prefix}${each.key}"

  source {
    owner             = "AWS"
    source_identifier = each.value
  }
}

# AWS has no managed rule that looks for a code signing config, so this one is a function. It looks
# once a day at all functions: attaching or weakening a config is no change of a function.
resource "aws_config_config_rule" "code_signing" {
  count = var.enable_config_rules ? 1 : 0

  name        = local.rule_name
  description = "A function tagged lambda-canary:managed has a code signing config that says Enforce"

  source {
    owner             = "CUSTOM_LAMBDA"
    source_identifier = aws_lambda_function.code_signing_rule[0].arn

    source_detail {
      message_type                = "ScheduledNotification"
      maximum_execution_frequency = "TwentyFour_Hours"
    }
  }

  depends_on = [aws_lambda_permission.code_signing_rule]
}

resource "aws_lambda_permission" "code_signing_rule" {
  count = var.enable_config_rules ? 1 : 0

  function_name  = aws_lambda_function.code_signing_rule[0].function_name
  principal      = "config.amazonaws.com"
  action         = "lambda:InvokeFunction"
  source_account = data.aws_caller_identity.current[0].account_id
}

resource "aws_s3_object" "code_signing_rule" {
  count = var.enable_config_rules ? 1 : 0

  bucket      = var.artifact_bucket
  key         = "bootstrap/${local.rule_name}/unsigned.zip"
  source      = local.rule_package
  source_hash = filemd5(local.rule_package)
}

resource "aws_signer_signing_job" "code_signing_rule" {
  count = var.enable_config_rules ? 1 : 0

  profile_name = aws_signer_signing_profile.bootstrap.name

  source {
    s3 {
      bucket  = aws_s3_object.code_signing_rule[0].bucket
      key     = aws_s3_object.code_signing_rule[0].key
      version = aws_s3_object.code_signing_rule[0].version_id
    }
  }

  destination {
    s3 {
      bucket = var.artifact_bucket
      prefix = "bootstrap/${local.rule_name}/signed/"
    }
  }
}

resource "aws_lambda_function" "code_signing_rule" {
  #checkov:skip=CKV_AWS_116:Config asks again the next day; nothing is lost with an event
  #checkov:skip=CKV_AWS_117:It calls AWS's own APIs only
  #checkov:skip=CKV_AWS_173:It has no variables
  count = var.enable_config_rules ? 1 : 0

  function_name                  = local.rule_name
  description                    = "AWS Config: does each released function have an enforcing code signing config"
  role                           = aws_iam_role.code_signing_rule[0].arn
  handler                        = "code_signing_rule.handler"
  runtime                        = "python3.13"
  timeout                        = 300
  reserved_concurrent_executions = 1
  s3_bucket                      = aws_signer_signing_job.code_signing_rule[0].signed_object[0].s3[0].bucket
  s3_key                         = aws_signer_signing_job.code_signing_rule[0].signed_object[0].s3[0].key
  code_signing_config_arn        = aws_lambda_code_signing_config.this.arn

  tracing_config {
    mode = "Active"
  }

  logging_config {
    log_format = "JSON"
    log_group  = aws_cloudwatch_log_group.code_signing_rule[0].name
  }
}

resource "aws_cloudwatch_log_group" "code_signing_rule" {
  #checkov:skip=CKV_AWS_158:CloudWatch Logs encrypts by itself; nothing secret is written
  count = var.enable_config_rules ? 1 : 0

  name              = "/aws/lambda/${local.rule_name}"
  retention_in_days = 365
}

data "aws_caller_identity" "current" {
  count = var.enable_config_rules ? 1 : 0
}

data "aws_iam_policy_document" "trust_lambda" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "code_signing_rule" {
  count = var.enable_config_rules ? 1 : 0

  statement {
    #checkov:skip=CKV_AWS_111:X-Ray and Config have no resource types for these
    #checkov:skip=CKV_AWS_356:ListFunctions, X-Ray and PutEvaluations have no resource types
    sid = "LookAtAllFunctions"
    actions = [
      "config:PutEvaluations",
      "lambda:GetCodeSigningConfig",
      "lambda:GetFunctionCodeSigningConfig",
      "lambda:ListFunctions",
      "lambda:ListTags",
      "xray:PutTelemetryRecords",
      "xray:PutTraceSegments",
    ]
    resources = ["*"]
  }

  statement {
    sid       = "Logs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.code_signing_rule[0].arn}:*"]
  }
}

resource "aws_iam_role" "code_signing_rule" {
  count = var.enable_config_rules ? 1 : 0

  name                 = local.rule_name
  description          = "AWS Config: look at code signing configs"
  assume_role_policy   = data.aws_iam_policy_document.trust_lambda.json
  permissions_boundary = var.permissions_boundary_arn
}

resource "aws_iam_role_policy" "code_signing_rule" {
  count = var.enable_config_rules ? 1 : 0

  name   = "look"
  role   = aws_iam_role.code_signing_rule[0].id
  policy = data.aws_iam_policy_document.code_signing_rule[0].json
}
