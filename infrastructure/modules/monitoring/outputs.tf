output "alarm_names" {
  description = "All alarms, for the deployment group."
  value       = toset([for alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_name])
}
