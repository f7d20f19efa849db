"""A small open load: pays, and looks."""

from harness.load.child import Answer, Call, OpenUser, WrongAnswer, operation


class Payer(OpenUser):
    def set_up(self):
        print("this line must not end up among the messages")
        self.prepare("open_account", {self.key("acct-1"): Call("POST", "/accounts", {"account_id": "a"})})

    @operation(weight=3, write=True)
    def create_payment(self, key):
        body = {"debtor": "a", "creditor": "b", "amount": self.random.randint(1, 9), "currency": "EUR"}

        def verify(answer: Answer):
            if answer.json()["amount"] != body["amount"]:
                raise WrongAnswer("the amount is another")
            return answer.json()["payment_id"]

        return Call("POST", "/payments", body, {"Idempotency-Key": key}, request=body, verify=verify)

    @operation(weight=1, write=False)
    def look(self, key):  # noqa: ARG002  # every operation is given one
        return Call("GET", "/accounts/a")
