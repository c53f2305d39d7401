output "function_name" {
  description = "Name of the function."
  value       = aws_lambda_function.this.function_name
}

output "alias" {
  description = "Name of the alias."
  value       = aws_lambda_alias.live.name
}

output "alias_arn" {
  description = "What callers and event sources must name: the function's plain name is $LATEST."
  value       = aws_lambda_alias.live.arn
}

output "alias_invoke_arn" {
  description = "The alias, for API Gateway."
  value       = aws_lambda_alias.live.invoke_arn
}

output "role_name" {
  description = "The function's role, to attach policies to."
  value       = aws_iam_role.this.name
}
