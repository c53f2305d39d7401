# CI on GitHub: no long-lived keys, and no right but to hand in a package and ask for its release.

data "aws_partition" "current" {}

resource "aws_iam_openid_connect_provider" "github" {
  count = var.github == null ? 0 : 1

  url            = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com"] # no thumbprint: AWS verifies GitHub by its own authorities
}

data "aws_iam_policy_document" "github_trust" {
  count = var.github == null ? 0 : 1

  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [aws_iam_openid_connect_provider.github[0].arn]
    }

    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:aud"
      values   = ["sts.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:sub"
      values   = var.github.subjects
    }
  }
}

data "aws_iam_policy_document" "release" {
  count = var.github == null ? 0 : 1

  statement {
    sid     = "HandIn"
    actions = ["s3:PutObject"]
    resources = [
      for folder in ["incoming", "reports"] :
      "arn:${data.aws_partition.current.partition}:s3:::${var.artifact_bucket}/${folder}/*"
    ]
  }

  statement {
    sid       = "Release"
    actions   = ["states:StartExecution"]
    resources = [var.github.release_state_machine_arn]
  }

  statement {
    sid       = "Watch"
    actions   = ["states:DescribeExecution"]
    resources = ["${replace(var.github.release_state_machine_arn, ":stateMachine:", ":execution:")}:*"]
  }
}

resource "aws_iam_role" "release" {
  count = var.github == null ? 0 : 1

  name                 = "${var.name_prefix}release"
  description          = "CI: hand in a package, start its release, watch it"
  assume_role_policy   = data.aws_iam_policy_document.github_trust[0].json
  permissions_boundary = var.permissions_boundary_arn
}

resource "aws_iam_role_policy" "release" {
  count = var.github == null ? 0 : 1

  name   = "release"
  role   = aws_iam_role.release[0].id
  policy = data.aws_iam_policy_document.release[0].json
}
