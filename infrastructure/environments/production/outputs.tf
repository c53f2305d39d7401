output "function_name" {
  description = "What to release: canary release <name>."
  value       = module.function.function_name
}

output "alias_arn" {
  description = "What to call."
  value       = module.function.alias_arn
}

output "release_role_arn" {
  description = "For GitHub's workflows; null without subjects."
  value       = module.security.release_role_arn
}

output "url" {
  description = "Where the API answers."
  value       = module.api.url
}
