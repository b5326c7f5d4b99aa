"""From a contract and a certificate to a dataset, a model, and a record of both."""
