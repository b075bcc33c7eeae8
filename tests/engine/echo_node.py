"""What a trial node runs: a web page on port 80 that also echoes upgrades, an echo on port 7."""

import http.server
import socketserver
import threading


class Page(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.headers.get("Upgrade"):
            self.send_response(101)
            self.send_header("Connection", "Upgrade")
            self.send_header("Upgrade", "websocket")
            self.send_header("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
            self.end_headers()
            while data := self.connection.recv(100):
                self.connection.sendall(data)
            return
        redirected = self.path == "/dir"
        body = str(self.headers).encode()
        self.send_response(301 if redirected else 200)
        if redirected:
            self.send_header("Location", f"http://{self.headers['Host']}/dir/")
        self.send_header("Set-Cookie", "session=1; Path=/")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        while data := self.request.recv(1000):
            self.request.sendall(data)


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = allow_reuse_address = True


threading.Thread(target=Server(("", 7), Echo).serve_forever).start()
Server(("", 80), Page).serve_forever()
