"""Memory: who wrote and who reads which slots of a cache."""
