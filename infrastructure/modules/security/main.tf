# Who may sign, and what may run. The pipeline's own profile signs releases; the one made here signs
# only bootstrap packages, so that who applies Terraform need not be able to sign a release.

resource "aws_signer_signing_profile" "bootstrap" {
  platform_id = "AWSLambda-SHA384-ECDSA" # Signer manages certificate and keys of this platform
  name_prefix = var.name_prefix
}

resource "aws_lambda_code_signing_config" "this" {
  description = "Releases of Lambda Canary, and bootstrap packages"

  allowed_publishers {
    signing_profile_version_arns = [
      aws_signer_signing_profile.bootstrap.version_arn,
      var.pipeline_signing_profile_version_arn,
    ]
  }

  policies {
    untrusted_artifact_on_deployment = "Enforce"
  }
}
