"""emulator_door.py LISTEN TARGET: passes requests on to the emulator as if they had come by https, which AWS's endpoints end themselves:
the stack's queues and its bucket refuse plain text."""

import http.client
import http.server
import sys

PASSED_ON_BY_ITSELF = {"transfer-encoding", "connection", "content-length"}


class Door(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    target = 0

    def pass_on(self):
        size = int(self.headers.get("Content-Length") or 0)
        connection = http.client.HTTPConnection("127.0.0.1", self.target, timeout=60)
        connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            connection.putheader(name, value)
        connection.putheader("X-Forwarded-Proto", "https")
        connection.endheaders(self.rfile.read(size) if size else None)
        answer = connection.getresponse()
        body = answer.read()
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in PASSED_ON_BY_ITSELF:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else body)
        connection.close()

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = do_OPTIONS = pass_on

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    listen, Door.target = int(sys.argv[1]), int(sys.argv[2])
    http.server.ThreadingHTTPServer(("127.0.0.1", listen), Door).serve_forever()
