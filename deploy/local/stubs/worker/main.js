// Stub of a worker for the specs of the supervisor.
setInterval(() => {}, 1_000);
process.once('disconnect', () => process.exit(0));
process.send({ type: 'ready' });
