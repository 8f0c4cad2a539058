"""OpenTelemetry traces: the spans of a run, made of what it tells and of its processes."""
