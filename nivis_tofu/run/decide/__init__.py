"""What a phase does, decided from values alone: held, look, guard, announce, exclude, select."""
