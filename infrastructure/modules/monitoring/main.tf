# What can stop a release, and what people look at. All alarms begin with the pipeline's prefix, so
# that each of them also starts a rollback after the deployment, within the guard window.

locals {
  target = "${var.function_name}:${var.alias}"
  prefix = "${var.alarm_name_prefix}${var.function_name}-${var.alias}"

  of_function = { FunctionName = var.function_name }
  of_alias    = { FunctionName = var.function_name, Resource = local.target }

  # The first three can fire within a canary of five minutes.
  alarms = {
    errors = {
      description = "Calls through the alias fail, in two of three minutes"
      metric      = "Errors"
      dimensions  = local.of_alias
      statistic   = "Sum"
      comparison  = "GreaterThanOrEqualToThreshold"
      threshold   = var.errors_per_minute
      period      = 60
      datapoints  = 2
      of          = 3
    }
    throttles = {
      description = "A call of the function was throttled"
      metric      = "Throttles"
      dimensions  = local.of_function
      statistic   = "Sum"
      comparison  = "GreaterThanThreshold"
      threshold   = 0
      period      = 60
      datapoints  = 1
      of          = 1
    }
    duration = {
      description = "Calls through the alias take too long, in two of three minutes"
      metric      = "Duration"
      dimensions  = local.of_alias
      statistic   = "p90"
      comparison  = "GreaterThanThreshold"
      threshold   = var.p90_duration_ms
      period      = 60
      datapoints  = 2
      of          = 3
    }
    lasting-errors = {
      description = "More than 5 errors in 5 minutes, twice in a row"
      metric      = "Errors"
      dimensions  = local.of_function
      statistic   = "Sum"
      comparison  = "GreaterThanThreshold"
      threshold   = 5
      period      = 300
      datapoints  = 2
      of          = 2
    }
    lasting-duration = {
      description = "Calls take more than 10 s on average, over 5 minutes, twice in a row"
      metric      = "Duration"
      dimensions  = local.of_function
      statistic   = "Average"
      comparison  = "GreaterThanThreshold"
      threshold   = 10000
      period      = 300
      datapoints  = 2
      of          = 2
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${local.prefix}-${each.key}"
  alarm_description   = each.value.description
  namespace           = "AWS/Lambda"
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = startswith(each.value.statistic, "p") ? null : each.value.statistic
  extended_statistic  = startswith(each.value.statistic, "p") ? each.value.statistic : null
  comparison_operator = each.value.comparison
  threshold           = each.value.threshold
  period              = each.value.period
  datapoints_to_alarm = each.value.datapoints
  evaluation_periods  = each.value.of
  treat_missing_data  = "notBreaching" # no calls are no errors; the pipeline judges silence itself
  alarm_actions       = var.topic_arns
  ok_actions          = var.topic_arns
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = replace(local.prefix, "/[^A-Za-z0-9_-]/", "-")
  dashboard_body = jsonencode({
    widgets = concat([
      for position, widget in [
        { title = "Calls", metrics = [["Invocations", "Sum"], ["Errors", "Sum"], ["Throttles", "Sum"]] },
        { title = "Duration in ms", metrics = [["Duration", "p50"], ["Duration", "p90"], ["Duration", "p99"]] },
        ] : {
        type   = "metric"
        x      = 12 * position
        y      = 0
        width  = 12
        height = 6
        properties = {
          title  = "${widget.title} through ${local.target}"
          region = var.region
          view   = "timeSeries"
          period = 60
          metrics = [
            for metric in widget.metrics : [
              "AWS/Lambda", metric[0], "FunctionName", var.function_name, "Resource", local.target,
              { stat = metric[1], label = metric[1] == "Sum" ? metric[0] : metric[1] },
            ]
          ]
        }
      }
      ], [
      {
        type   = "metric"
        x      = 0
        y      = 6
        width  = 24
        height = 6
        properties = {
          title  = "Calls by version"
          region = var.region
          view   = "timeSeries"
          metrics = [[{
            expression = "SEARCH('{AWS/Lambda,ExecutedVersion,FunctionName,Resource} MetricName=\"Invocations\" FunctionName=\"${var.function_name}\"', 'Sum', 60)"
            label      = "version $${PROP('Dim.ExecutedVersion')}"
          }]]
        }
      },
      {
        type   = "alarm"
        x      = 0
        y      = 12
        width  = 24
        height = 3
        properties = {
          title  = "Alarms"
          alarms = [for alarm in aws_cloudwatch_metric_alarm.this : alarm.arn]
        }
      },
    ])
  })
}
