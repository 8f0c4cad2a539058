"""Values that everybody uses: errors, diagnostics, events, results, JSON text, names that are near."""
