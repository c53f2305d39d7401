# A function that Lambda Canary can release. Terraform owns what stays the same from version to
# version (name, role, dead letters, log group, concurrency, alias); releases own the rest.

locals {
  bootstrap_prefix  = "bootstrap/${var.name}/"
  bootstrap_package = coalesce(var.bootstrap_package, "${path.module}/bootstrap.zip")
}

# ---------------------------------------------------------------------------------------------------
# The first version: a package that answers "not released yet", signed like any other, because a
# function whose code signing config says Enforce cannot be made from unsigned code
# ---------------------------------------------------------------------------------------------------

resource "aws_s3_object" "bootstrap" {
  bucket      = var.artifact_bucket
  key         = "${local.bootstrap_prefix}unsigned.zip"
  source      = local.bootstrap_package
  source_hash = filemd5(local.bootstrap_package)
}

resource "aws_signer_signing_job" "bootstrap" {
  profile_name = var.signing_profile_name

  source {
    s3 {
      bucket  = aws_s3_object.bootstrap.bucket
      key     = aws_s3_object.bootstrap.key
      version = aws_s3_object.bootstrap.version_id
    }
  }

  destination {
    s3 {
      bucket = var.artifact_bucket
      prefix = "${local.bootstrap_prefix}signed/"
    }
  }
}

# ---------------------------------------------------------------------------------------------------
# Function and alias
# ---------------------------------------------------------------------------------------------------

resource "aws_lambda_function" "this" {
  #checkov:skip=CKV_AWS_117:a VPC is the user's decision (vpc_subnet_ids), not a condition of releases
  #checkov:skip=CKV_AWS_173:Lambda encrypts variables by itself; a key of the user's would need rights for the pipeline
  function_name = var.name
  description   = var.description
  role          = aws_iam_role.this.arn
  handler       = var.handler
  runtime       = var.runtime
  architectures = [var.architecture]
  memory_size   = var.memory_size
  timeout       = var.timeout
  layers        = var.layers

  s3_bucket               = aws_signer_signing_job.bootstrap.signed_object[0].s3[0].bucket
  s3_key                  = aws_signer_signing_job.bootstrap.signed_object[0].s3[0].key
  code_signing_config_arn = var.code_signing_config_arn
  publish                 = true # an alias can be released only from a numbered version

  reserved_concurrent_executions = var.reserved_concurrency

  environment {
    variables = var.environment
  }

  dead_letter_config {
    target_arn = aws_sqs_queue.dead_letters.arn
  }

  tracing_config {
    mode = "Active"
  }

  logging_config {
    log_format = "JSON"
    log_group  = aws_cloudwatch_log_group.this.name
  }

  dynamic "vpc_config" {
    for_each = length(var.vpc_subnet_ids) > 0 ? [1] : []

    content {
      subnet_ids         = var.vpc_subnet_ids
      security_group_ids = var.vpc_security_group_ids
    }
  }

  tags = {
    "lambda-canary:managed" = "true"
  }

  lifecycle {
    # What releases bring, or carry from version to version: a test compares it with the pipeline's.
    ignore_changes = [
      s3_bucket, s3_key, s3_object_version, source_code_hash,
      runtime, handler, memory_size, timeout, environment, layers,
      ephemeral_storage, tracing_config, logging_config, snap_start,
    ]
  }

  depends_on = [aws_iam_role_policy.this] # Lambda checks the right to send dead letters
}

resource "aws_lambda_alias" "live" {
  name             = var.alias
  description      = "What users call; releases move it"
  function_name    = aws_lambda_function.this.function_name
  function_version = aws_lambda_function.this.version

  lifecycle {
    ignore_changes = [function_version, routing_config]
  }
}

# ---------------------------------------------------------------------------------------------------
# Logs, dead letters, role
# ---------------------------------------------------------------------------------------------------

resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_158:CloudWatch Logs encrypts by itself; name a key of yours with kms_key_arn
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_sqs_queue" "dead_letters" {
  name                              = "${var.name}-dead-letters"
  message_retention_seconds         = 1209600
  sqs_managed_sse_enabled           = var.kms_key_arn == null ? true : null
  kms_master_key_id                 = var.kms_key_arn
  kms_data_key_reuse_period_seconds = 300
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "this" {
  statement {
    sid       = "Logs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.this.arn}:*"]
  }

  statement {
    sid       = "DeadLetters"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.dead_letters.arn]
  }

  dynamic "statement" {
    for_each = var.kms_key_arn == null ? [] : [var.kms_key_arn]

    content {
      sid       = "EncryptDeadLetters"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [statement.value]
    }
  }

  statement {
    #checkov:skip=CKV_AWS_111:X-Ray has no resource type for these
    #checkov:skip=CKV_AWS_356:X-Ray has no resource type for these
    sid       = "Traces"
    actions   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
    resources = ["*"]
  }
}

resource "aws_iam_role" "this" {
  name                 = var.name
  description          = "What ${var.name} may do, in all its versions"
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  permissions_boundary = var.permissions_boundary_arn
}

resource "aws_iam_role_policy" "this" {
  name   = "logs-traces-dead-letters"
  role   = aws_iam_role.this.id
  policy = data.aws_iam_policy_document.this.json
}

resource "aws_iam_role_policy_attachment" "own" {
  for_each = var.policy_arns

  role       = aws_iam_role.this.name
  policy_arn = each.value
}
