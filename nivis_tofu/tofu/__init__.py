"""The adapter to the engine: OpenTofu, or Terraform where it can do the same."""
