"""The project's benchmarks; `make bench` runs them, docs/benchmarks.md explains them."""
