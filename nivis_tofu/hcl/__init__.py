"""The engine's native syntax as text: quoting, top-level blocks, values of files."""
