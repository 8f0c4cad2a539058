"""From an IR to the text of a module: values, expressions, secrets, previews."""
