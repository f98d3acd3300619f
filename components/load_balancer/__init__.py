"""The load balancer: decides on the connect path which chat server a phone gets."""
