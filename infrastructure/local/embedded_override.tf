# Beside the files of an environment, this lets Terraform work on the embedded AWS
# (`canary local serve`), in the shell in which its line was typed: buckets in paths, since their
# names are no hosts of this machine, and the state in a file.

terraform {
  backend "local" {}
}

provider "aws" {
  s3_use_path_style = true
}
