"""The client of an imaginary service."""

import hashlib


def connect(host, user, password):
    return Client(host, user, token=login(user, password))


def login(user, password):
    return hashlib.sha256(f"{user}:{password}".encode()).hexdigest()


class Client:
    def __init__(self, host, user, token):
        self.host = host
        self.user = user
        self.token = token
        self.reports = []

    def report(self, number, problem):
        self.reports.append({"order": number, "problem": problem, "authorization": self.token})
        return len(self.reports)
