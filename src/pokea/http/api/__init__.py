"""The merchant API, version 1: one file a resource; the contract is docs/reference/api.md."""
