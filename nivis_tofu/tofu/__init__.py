"""The engine: command lines, the client, its stream, its documents, addresses."""
