terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100.0"
    }
  }

  # terraform init -backend-config="bucket=<yours: versioned, encrypted>" -backend-config="region=<its>"
  backend "s3" {
    key          = "lambda-canary/staging/terraform.tfstate"
    encrypt      = true
    use_lockfile = true
  }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = {
      environment = "staging"
      managed-by  = "terraform"
      service     = "orders"
    }
  }
}
