"""Labs and the templates they are made from: seen, ordered, reached."""
