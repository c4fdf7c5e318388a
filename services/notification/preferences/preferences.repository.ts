import { Injectable } from '@nestjs/common';
import { defaultPreferences, type Preferences, type PreferencesRequest, type PreferenceType } from '#contracts';
import { Dynamo } from '#platform';
import { mailSettingsKey } from '../mail/mail-book';

/** How long another process may use preferences that were changed: they are read for every event. */
const CACHE_MS = 10_000;
const MAX_CACHED = 1_000;

const types = Object.keys(defaultPreferences) as PreferenceType[];

/** By which channels users want to be notified. */
@Injectable()
export class PreferencesRepository {
  private readonly cache = new Map<string, { at: number; value: Promise<Preferences> }>();

  constructor(private readonly dynamo: Dynamo) {}

  /** Returns the preferences as they were at most 10 s ago. */
  async recent(userId: string): Promise<Preferences> {
    const cached = this.cache.get(userId);
    if (cached && Date.now() - cached.at < CACHE_MS) return cached.value;
    if (this.cache.size >= MAX_CACHED) this.cache.clear();
    const value = this.read(userId);
    this.cache.set(userId, { at: Date.now(), value });
    value.catch(() => this.cache.delete(userId));
    return value;
  }

  async read(userId: string): Promise<Preferences> {
    const row = await this.dynamo.get<{ preferences?: PreferencesRequest }>('notifications', mailSettingsKey(userId));
    return merge(defaultPreferences, row?.preferences ?? {});
  }

  /** Changes what `changes` names, and returns all preferences. */
  async update(userId: string, changes: PreferencesRequest): Promise<Preferences> {
    const preferences = merge(await this.read(userId), changes);
    await this.dynamo.update('notifications', mailSettingsKey(userId), {
      set: [
        ['preferences', preferences],
        ['schemaVersion', 1],
      ],
    });
    this.cache.delete(userId);
    return preferences;
  }
}

const merge = (current: Preferences, changes: PreferencesRequest): Preferences =>
  Object.fromEntries(types.map((type) => [type, { ...current[type], ...changes[type] }])) as unknown as Preferences;
