"""A small stand-in for the Hugging Face hub: what huggingface_hub asks of it to push and pull."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LARGE = (".safetensors", ".bin")
"""Uploaded by their digest (Git LFS), as the hub asks for."""


@dataclass
class Repository:
    """The files of the newest commit, and how many commits there were."""

    private: bool
    files: dict[str, bytes] = field(default_factory=dict)
    commits: int = 0

    @property
    def sha(self) -> str:
        return hashlib.sha1(str(self.commits).encode()).hexdigest()


@dataclass
class HubServer:
    """Keeps repositories in memory; use it as a context manager."""

    token: str = "hf_test"
    repositories: dict[str, Repository] = field(default_factory=dict)
    large: dict[str, bytes] = field(default_factory=dict)
    """What was uploaded by its digest."""
    asked: list[str] = field(default_factory=list)
    """Method and path of each request."""
    refuse: int = 0
    """A status that every request gets."""

    def __enter__(self) -> HubServer:
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                pass

            def handle_any(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                path = self.path.partition("?")[0]
                hub.asked.append(f"{self.command} {path}")
                status, headers, reply = hub.answer(self.command, path, body, dict(self.headers))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if "Content-Length" not in headers:
                    self.send_header("Content-Length", str(len(reply)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(reply)

            do_GET = do_POST = do_PUT = do_HEAD = handle_any  # noqa: N815

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def environment(self) -> dict[str, str]:
        """What leads huggingface_hub here, by HTTP alone."""
        return {"HF_ENDPOINT": self.url, "HF_TOKEN": self.token, "HF_HUB_DISABLE_XET": "1",
                "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_OFFLINE": "0"}  # fmt: skip

    def answer(
        self, method: str, path: str, body: bytes, headers: dict[str, str]
    ) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and body."""
        if self.refuse:
            return self.refuse, {}, b'{"error": "refused"}'
        given = next((v for k, v in headers.items() if k.lower() == "authorization"), "")
        writes = method in ("POST", "PUT") and not path.startswith("/upload/")
        if writes and given != f"Bearer {self.token}":
            return 401, {}, b'{"error": "Invalid username or password."}'
        found = self._reply(method, path, body)
        if isinstance(found, tuple):
            return found
        if found is None:
            missing = {"X-Error-Code": "RepoNotFound", "X-Error-Message": "Repository not found"}
            return 404, missing, b'{"error": "Repository not found"}'
        return 200, {"Content-Type": "application/json"}, json.dumps(found).encode()

    def _reply(self, method: str, path: str, body: bytes) -> Any:
        if path == "/api/repos/create":
            asked = json.loads(body)
            name = "/".join(one for one in (asked.get("organization"), asked["name"]) if one)
            if name in self.repositories:
                return 409, {}, json.dumps({"url": f"{self.url}/{name}"}).encode()
            self.repositories[name] = Repository(
                asked.get("visibility") == "private" or bool(asked.get("private"))
            )
            return {"url": f"{self.url}/{name}", "name": name}
        if path == "/api/validate-yaml":
            return {"errors": [], "warnings": []}
        if path == "/api/whoami-v2":
            return {"name": "me", "type": "user", "orgs": [], "auth": {}}
        if path.startswith("/upload/"):
            digest = path.removeprefix("/upload/")
            assert hashlib.sha256(body).hexdigest() == digest
            self.large[digest] = body
            return 200, {}, b""
        parts = path.strip("/").split("/")
        if parts[:2] == ["api", "models"]:
            name = "/".join(parts[2:4])
            repository = self.repositories.get(name)
            return repository and self._of_models(name, repository, parts[4:], body)
        name = "/".join(parts[:2]).removesuffix(".git")
        repository = self.repositories.get(name)
        if repository is None:
            return None
        if parts[2:] == ["info", "lfs", "objects", "batch"]:
            wanted = json.loads(body)["objects"]
            return {"transfer": "basic", "objects": [
                {**one, "actions": {"upload": {"href": f"{self.url}/upload/{one['oid']}"}}}
                for one in wanted
            ]}  # fmt: skip
        content = repository.files.get("/".join(parts[4:])) if parts[2] == "resolve" else None
        if content is None:
            return 404, {"X-Error-Code": "EntryNotFound"}, b""
        etag = hashlib.sha256(content).hexdigest()
        headers = {"ETag": f'"{etag}"', "X-Repo-Commit": repository.sha}
        return 200, {**headers, "Content-Length": str(len(content))}, content

    def _of_models(self, name: str, repository: Repository, parts: list[str], body: bytes) -> Any:
        kind = parts[0] if parts else "revision"
        if parts[1:2] and parts[1] not in ("main", repository.sha):
            return 404, {"X-Error-Code": "RevisionNotFound"}, b'{"error": "no such revision"}'
        if kind == "preupload":
            return {"files": [
                {"path": one["path"], "shouldIgnore": False,
                 "uploadMode": "lfs" if one["path"].endswith(LARGE) else "regular"}
                for one in json.loads(body)["files"]
            ]}  # fmt: skip
        if kind == "commit":
            for line in body.splitlines():
                said = json.loads(line)
                value = said["value"]
                if said["key"] == "file":
                    repository.files[value["path"]] = base64.b64decode(value["content"])
                elif said["key"] == "lfsFile":
                    repository.files[value["path"]] = self.large[value["oid"]]
            repository.commits += 1
            address = f"{self.url}/{name}/commit/{repository.sha}"
            return {"success": True, "commitUrl": address, "commitOid": repository.sha}
        if kind == "tree":
            return [
                {"type": "file", "path": path, "size": len(content),
                 "oid": hashlib.sha1(content).hexdigest()}
                for path, content in sorted(repository.files.items())
            ]  # fmt: skip
        return {
            "_id": "1", "id": name, "modelId": name, "sha": repository.sha, "private": False,
            "siblings": [{"rfilename": path} for path in sorted(repository.files)],
            "tags": [], "downloads": 0, "likes": 0,
        }  # fmt: skip
