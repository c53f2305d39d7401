output "bootstrap_signing_profile_name" {
  description = "Signs bootstrap packages."
  value       = aws_signer_signing_profile.bootstrap.name
}

output "code_signing_config_arn" {
  description = "For functions that are released."
  value       = aws_lambda_code_signing_config.this.arn
}

output "release_role_arn" {
  description = "The role that CI assumes; null without GitHub."
  value       = one(aws_iam_role.release[*].arn)
}
