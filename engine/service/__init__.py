"""The long-lived engine: a front that talks to clients, and a worker for each device."""
