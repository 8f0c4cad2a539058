"""What a phase does, decided from values alone: cut, look, guard, announce, exclude, select."""
