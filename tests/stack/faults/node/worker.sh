# What KillProcess kills: its supervisor starts it again after a moment.
sleep 0.2
exec -a lab-worker sleep 1000000
