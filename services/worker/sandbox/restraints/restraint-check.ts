import { join } from 'node:path';
import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { OperatorError, type Config } from '#config';
import { measureRestraints } from '#nest';
import { CONFIG } from '#platform';
import { findConfinement, type Restraints } from './confinement';

const REMEDY =
  'they need Linux 5.13 or newer with Landlock, perl, and setpriv of util-linux, as the containers have ' +
  '(docs/security.md)';

/** Checks at start which restraints the analysis process has: logs, measures and, if required, refuses to start. */
@Injectable()
export class RestraintCheck implements OnModuleInit {
  private readonly logger = new Logger(RestraintCheck.name);

  constructor(@Inject(CONFIG) private readonly config: Config) {}

  /** @throws {OperatorError} with SANDBOX=required, when a restraint is missing or cannot be checked */
  async onModuleInit(): Promise<void> {
    const checked = this.check();
    if (this.config.sandbox === 'required') return checked;
    checked.catch((err: unknown) => this.logger.warn({ err, msg: 'the restraints could not be checked' }));
  }

  private async check(): Promise<void> {
    const restraints = await this.find();
    measureRestraints(restraints);
    const missing = Object.keys(restraints).filter((name) => !restraints[name as keyof Restraints]);
    if (missing.length === 0) return this.logger.log({ restraints, msg: 'files are analysed with all restraints' });
    const sentence = `the analysis of files lacks restraints (${missing.join(', ')}): ${REMEDY}`;
    if (this.config.sandbox === 'required') throw new OperatorError(`SANDBOX=required, but ${sentence}`);
    this.logger.warn({ restraints, msg: sentence });
  }

  private async find(): Promise<Restraints> {
    try {
      return (await findConfinement(join(this.config.dataDir, 'work'))).restraints;
    } catch (error) {
      if (this.config.sandbox !== 'required') throw error;
      throw new OperatorError(`SANDBOX=required, but the restraints could not be checked: ${(error as Error).message}`);
    }
  }
}
