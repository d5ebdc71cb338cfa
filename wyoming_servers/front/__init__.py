"""The one port: routing by first event, Info from memory, other servers, discovery."""
