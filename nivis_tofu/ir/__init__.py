"""What a configuration and its state are, as pure values: decoding, graph, names, ledger, schemas, positions."""
