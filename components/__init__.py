"""The boxes of the architecture, one package each.

They share the wire schema (`wire`), the journal's event types (`trace`), the table runner (`machine`) and the HTTP
conventions of the servers' private network (`internal_http`). Otherwise no box imports another: what one needs of
another it names in its own `ports`, and `workbench.cluster.nodes` plugs the adapters in.
"""
