import type { Alert } from '#contracts';
import { alertAttributes, type Alerts } from './alerts';

export interface AlertsUnderTest {
  alerts: Alerts;
  /** Waits for the next `count` alerts, in any order, as a subscriber receives them. */
  received(count: number): Promise<Array<{ message: Alert; attributes: Record<string, string> }>>;
  stop(): Promise<void>;
}

export const failed: Alert = {
  id: '01J0000000000000000000MEDIA.failed.2',
  type: 'media.failed',
  occurredAt: '2026-01-02T03:04:05.678Z',
  userId: '01J00000000000000000000USER',
  mediaId: '01J0000000000000000000MEDIA',
  title: 'Größe "Ω" 🎬\nline two',
  kind: 'video',
  status: 'failed',
  round: 2,
  failure: { code: 'too_complex', message: 'It needs more memory than allowed.', retryable: false },
};
export const registered: Alert = {
  id: 'u1.user.registered.01J',
  type: 'user.registered',
  occurredAt: '2026-01-02T03:04:05.678Z',
  userId: 'u1',
};

/** The contract suite of `Alerts`, run for each adapter. */
export function alertsContract(name: string, makeAlerts: () => Promise<AlertsUnderTest>): void {
  describe(`${name} as alerts topic`, () => {
    let subject: AlertsUnderTest;
    beforeEach(async () => {
      subject = await makeAlerts();
    });
    afterEach(() => subject.stop());

    it('delivers each alert unchanged, with the attributes for filters', async () => {
      await subject.alerts.publish(failed);
      await subject.alerts.publish(registered);
      const received = await subject.received(2);
      expect(received).toHaveLength(2);
      expect(received).toContainEqual({
        message: failed,
        attributes: { eventType: 'media.failed', status: 'failed', kind: 'video' },
      });
      expect(received).toContainEqual({ message: registered, attributes: { eventType: 'user.registered' } });
    });

    it('delivers an alert that is published twice with the same id', async () => {
      await subject.alerts.publish(failed);
      await subject.alerts.publish(failed);
      expect((await subject.received(2)).map(({ message }) => message.id)).toEqual([failed.id, failed.id]);
    });

    it('delivers 100 concurrent alerts completely', async () => {
      const sent = Array.from({ length: 100 }, (_, index): Alert => ({
        ...failed,
        id: `m${index}.failed.1`,
        title: 'x'.repeat(index * 50),
      }));
      await Promise.all(sent.map((alert) => subject.alerts.publish(alert)));
      const received = await subject.received(100);
      expect(received).toHaveLength(100);
      for (const alert of sent) expect(received).toContainEqual({ message: alert, attributes: alertAttributes(alert) });
    });

    it('passes its health check', () => expect(subject.alerts.check()).resolves.toBeUndefined());
  });
}
