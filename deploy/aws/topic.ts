import { CreateTopicCommand, GetTopicAttributesCommand, type SNSClient } from '@aws-sdk/client-sns';
import { ask, SetupError } from './ask';

/** Makes or checks the topic of the alerts. @returns what was done, in a few words. @throws {SetupError} */
export async function setUpTopic(client: SNSClient, topicArn: string, region: string): Promise<string> {
  const [, , service, topicRegion, , name] = topicArn.split(':');
  if (service !== 'sns' || !name)
    throw new SetupError(
      `SNS_TOPIC_ARN is "${topicArn}", which is no ARN of a topic (arn:aws:sns:<region>:<account>:<name>)`,
    );
  if (topicRegion !== region)
    throw new SetupError(
      `SNS_TOPIC_ARN names the region ${topicRegion}, AWS_REGION is ${region}: they must be the same`,
    );
  if (await exists(client, topicArn)) return 'is there';
  const request = new CreateTopicCommand({
    Name: name,
    ...(name.endsWith('.fifo') && { Attributes: { FifoTopic: 'true' } }),
  });
  const made = await ask('sns:CreateTopic', topicArn, () => client.send(request));
  if (made.TopicArn === topicArn) return 'made';
  throw new SetupError(
    `SNS_TOPIC_ARN names another account than these credentials, whose topic is ${made.TopicArn}: set that, or use other credentials`,
  );
}

async function exists(client: SNSClient, TopicArn: string): Promise<boolean> {
  try {
    await ask('sns:GetTopicAttributes', TopicArn, () => client.send(new GetTopicAttributesCommand({ TopicArn })));
    return true;
  } catch (error) {
    if ((error as Error).name === 'NotFoundException') return false;
    throw error;
  }
}
