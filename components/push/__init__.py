"""The notification service, and two stubs that stand for Apple's and Google's push services and for the phones' OS.

Three kinds of process live here and share no state: `service` decides and sends, `apns` and `fcm` take what it sends.
"""
