"""Judge traffic that other programs cause: a reverse proxy in a process of its own, and HAR files.

This package has the framing of HTTP/1.1, the relay, the handoff between the two processes, and the rules for what
traffic can prove. The proxy never waits for the judging. It formats nothing.

May import: engine, judging, settings, target
"""
