"""Judge traffic that other programs cause: a reverse proxy in a process of its own, and HAR files.

This package has the framing of HTTP/1.1, the relay, the handoff between the two processes, and the rules for what
traffic can prove. For the relay, `side` is one of the two connections that it joins, and `flight` an exchange on its
way; `seen` is what the relay or a file hands over to be judged, and `odd` finds requests that a correct server may
refuse for their form alone. The proxy never waits for the judging. It formats nothing.

May import: engine, judging, results, settings, target
"""
